package contrastive

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/testbackend"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
)

func TestDamagedCheckpoints(t *testing.T) {
	config := tiny(filepath.Join(t.TempDir(), "run"))
	config.Steps = 6
	_, err := Pretrain(testbackend.New(t), someEmoji(64), config)
	require.NoError(t, err)
	folder := filepath.Join(config.Dir, "checkpoints")
	steps, err := checkpointSteps(folder)
	require.NoError(t, err)
	require.Equal(t, []int{3, 6}, steps)

	weightsFile := func(step int) string {
		files, err := filepath.Glob(filepath.Join(folder, stepName(step), "*.bin"))
		require.NoError(t, err)
		require.Len(t, files, 1)
		return files[0]
	}
	flip := func(path string, at int64) {
		file, err := os.OpenFile(path, os.O_RDWR, 0)
		require.NoError(t, err)
		var b [1]byte
		_, err = file.ReadAt(b[:], at)
		require.NoError(t, err)
		b[0] ^= 1
		_, err = file.WriteAt(b[:], at)
		require.NoError(t, err)
		require.NoError(t, file.Close())
	}
	// One flipped bit in the newest: the one before is taken, with a warning.
	flip(weightsFile(6), 100)
	run, err := Open(testbackend.New(t), config.Dir)
	require.NoError(t, err)
	require.Equal(t, 3, run.Step)
	require.Len(t, run.Warnings, 1)
	require.Contains(t, run.Warnings[0], "has changed since it was saved")
	// Training goes on from there and makes the newest whole again.
	run, err = Pretrain(testbackend.New(t), someEmoji(64), config)
	require.NoError(t, err)
	require.Equal(t, 6, run.Step)
	// All damaged: an error that names file and way out.
	flip(weightsFile(3), 0)
	require.NoError(t, os.Truncate(weightsFile(6), 10))
	_, err = Open(testbackend.New(t), config.Dir)
	require.ErrorContains(t, err, "no checkpoint in")
	require.ErrorContains(t, err, "has 10 bytes")
	require.ErrorContains(t, err, "delete the folder")
}

func TestDamagedConfigAndHistory(t *testing.T) {
	config := tiny(filepath.Join(t.TempDir(), "run"))
	config.Steps = 4
	_, err := Pretrain(testbackend.New(t), someEmoji(64), config)
	require.NoError(t, err)
	path := filepath.Join(config.Dir, "history.jsonl")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, append([]byte("{\"step\":oops}\n"), text...), 0o644))
	_, err = Open(testbackend.New(t), config.Dir)
	require.ErrorContains(t, err, "line 1 is damaged")
	for _, broken := range []string{"", "{", `{"config":{"method":{"name":"simclrr"}}}`, `{"data":1}`} {
		require.NoError(t, os.WriteFile(filepath.Join(config.Dir, "config.json"), []byte(broken), 0o644))
		_, err = Open(testbackend.New(t), config.Dir)
		require.ErrorContains(t, err, "config.json is damaged", broken)
	}
	_, err = Open(testbackend.New(t), t.TempDir())
	require.ErrorContains(t, err, "is not the folder of a run")
}

// TestFullDisk lets every file end after 60 kB, as on a disk that fills up while a checkpoint is written: the
// run stops with a clear error and the folder has no half checkpoint.
func TestFullDisk(t *testing.T) {
	const dirVar = "CONTRASTLAB_TEST_FULL_DISK"
	wide := func(dir string) Config { // 250 kB a checkpoint
		config := tiny(dir)
		config.Head = encoder.MLPHead{Hidden: 256, Dim: 64}
		return config
	}
	if dir := os.Getenv(dirVar); dir != "" {
		backend := testbackend.New(t)
		require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 60_000, Max: 60_000}))
		_, err := Pretrain(backend, someEmoji(64), wide(dir))
		if err != nil {
			os.Stderr.WriteString("stopped: " + err.Error() + "\n")
		}
		return
	}
	dir := filepath.Join(t.TempDir(), "run")
	child := exec.Command(os.Args[0], "-test.run=^TestFullDisk$", "-test.v")
	child.Env = append(os.Environ(), dirVar+"="+dir)
	output, err := child.CombinedOutput()
	require.NoError(t, err, string(output))
	require.Contains(t, string(output), "stopped: ")
	require.Contains(t, string(output), "saving a checkpoint in")
	require.Contains(t, string(output), "free some space")
	steps, err := checkpointSteps(filepath.Join(dir, "checkpoints"))
	require.NoError(t, err)
	require.Empty(t, steps)
	// With space again the same call trains to the end.
	run, err := Pretrain(testbackend.New(t), someEmoji(64), wide(dir))
	require.NoError(t, err)
	require.Equal(t, 14, run.Step)
}

func TestUnwritableFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a-file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	_, err := Pretrain(testbackend.New(t), someEmoji(64), tiny(filepath.Join(file, "run")))
	require.ErrorContains(t, err, "a-file")
	require.False(t, strings.Contains(err.Error(), "\n"))
}

func TestTwoProcessesCannotTrainInOneFolder(t *testing.T) {
	config := tiny(filepath.Join(t.TempDir(), "run"))
	config.OnRecord = func(r Record) {
		if r.Step == 4 {
			second := config
			second.OnRecord = nil
			_, err := Pretrain(testbackend.New(t), someEmoji(64), second)
			require.ErrorContains(t, err, "another process is training")
		}
	}
	_, err := Pretrain(testbackend.New(t), someEmoji(64), config)
	require.NoError(t, err)
}
