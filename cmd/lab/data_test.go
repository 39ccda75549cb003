package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/pkg/contrastive"
)

// photo writes a picture of 16×16 pixels.
func photo(t *testing.T, path string, shade int) {
	t.Helper()
	canvas := image.NewGray(image.Rect(0, 0, 16, 16))
	for i := range canvas.Pix {
		canvas.Pix[i] = uint8(shade + i)
	}
	canvas.Set(0, 0, color.Black)
	var out bytes.Buffer
	require.NoError(t, png.Encode(&out, canvas))
	write(t, path, out.String())
}

// photos is a folder with two classes of n pictures each to learn from, one to measure on, and a file that is no picture.
func photos(t *testing.T, n int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "photos")
	picture := func(name string, shade int) { photo(t, filepath.Join(dir, filepath.FromSlash(name)), shade) }
	for i := range n {
		picture("train/cat/"+string(rune('a'+i))+".png", i)
		picture("train/dog/"+string(rune('a'+i))+".png", 99+i)
	}
	picture("test/cat/x.png", 40)
	write(t, filepath.Join(dir, "train", "dog", "broken.jpg"), "no")
	return dir
}

func TestDataOfAFolder(t *testing.T) {
	dir := photos(t, 3)
	t.Setenv(datasets.DirEnv, filepath.Join(t.TempDir(), "cache"))
	t.Chdir(filepath.Dir(dir))
	code, out, errs := lab("data", "folder:photos", "-side", "8")
	require.Equal(t, exitOK, code, errs)
	require.Empty(t, errs)
	for _, want := range []string{"folder:" + dir + ": a folder of 7 pictures", "8×8 RGB", "/train         6", "/test          1",
		"cat      4      3     1", "dog      3      3     0", "skipped, as no pictures: 1", "train/dog/broken.jpg: is neither JPEG", "photos.png: 1 of 1 test pictures"} {
		require.Contains(t, out, want)
	}
	require.FileExists(t, "photos.png")
	code, out, errs = lab("data", "folder:photos", "-strict")
	require.Equal(t, exitUsage, code)
	require.Empty(t, out)
	require.Equal(t, 1, strings.Count(errs, "\n"), errs)
	require.Contains(t, errs, "train/dog/broken.jpg")
	require.Contains(t, errs, "without being strict")
}

// TestDataNotThere: what is missing or wrong is one line that says what to do, with exit code 2.
func TestDataNotThere(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "cifar10", "cifar-10-binary.tar.gz"), "<html>not found</html>")
	write(t, filepath.Join(dir, "file"), "")
	for _, c := range []struct {
		args string
		want []string
	}{
		{"data,cifar100,-data-dir," + dir, []string{"cifar100 was not downloaded yet", filepath.Join(dir, "cifar100", "cifar-100-binary.tar.gz"), "lab data get cifar100", "03b5dce01913d631647c71ecec9e9cb8"}},
		{"train,-data,stl10,-data-dir," + dir, []string{"lab data get stl10", filepath.Join(dir, "stl10"), "2640.4 MB"}},
		{"data,cifar10,-data-dir," + dir, []string{filepath.Join(dir, "cifar10", "cifar-10-binary.tar.gz"), "has 22 bytes, want 170052171", "delete it"}},
		{"data,get", []string{"NAME is missing", "lab data get NAME"}},
		{"data,get,cifar11", []string{`"cifar11"`, `did you mean "cifar10"`}},
		{"data,get,folder:x", []string{"folder:x is a folder of yours"}},
		{"data,emoji,now", []string{`unexpected "now"`}},
		{"data,emoji,-data,emoji", []string{"name one"}},
		{"data,emoji,-side,64", []string{"pictures of 32×32, not 64"}},
		{"data,folder:" + dir + "/none", []string{"there is no folder " + dir + "/none"}},
		{"data,folder:" + dir + "/file", []string{dir + "/file", "is a file"}},
		{"train,-data,folder:" + dir, []string{"holds no pictures to learn from"}},
		{"train,-data,folder:" + dir + ",-side,-3", []string{"-side -3"}},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Chdir(t.TempDir())
			code, out, errs := lab(strings.Split(c.args, ",")...)
			require.Equal(t, exitUsage, code, errs)
			require.Empty(t, out)
			require.Equal(t, 1, strings.Count(errs, "\n"), errs)
			for _, want := range c.want {
				require.Contains(t, errs, want)
			}
			left, err := os.ReadDir(".")
			require.NoError(t, err)
			require.Empty(t, left, "a mistake leaves nothing behind")
		})
	}
}

func TestDataGet(t *testing.T) {
	dir := t.TempDir()
	code, out, errs := lab("data", "get", "emoji", "-data-dir", dir)
	require.Equal(t, exitOK, code, errs)
	require.Contains(t, out, "emoji is complete")
	require.Contains(t, out, dir)
}

// TestGetInterrupted: Ctrl-C is no failure, and one line tells how to go on.
func TestGetInterrupted(t *testing.T) {
	err := error(stopped{fmt.Errorf("datasets: 5 of 9 bytes are kept: %w; the same command goes on from there", context.Canceled)})
	require.Equal(t, exitInterrupted, exitCode(err))
	require.Equal(t, "datasets: 5 of 9 bytes are kept: context canceled; the same command goes on from there", oneLine(err))
}

// TestTrainOnAFolder: a run knows its folder and the size of its pictures, and goes on from -dir alone.
func TestTrainOnAFolder(t *testing.T) {
	dir := photos(t, 10)
	cache := filepath.Join(t.TempDir(), "cache")
	run := filepath.Join(t.TempDir(), "run")
	code, out, errs := lab("train", "-dir", run, "-data", "folder:"+dir, "-data-dir", cache, "-side", "12", "-steps", "2", "-method", "supervised", "-augment", "none", "-set", "batch_size=8;width=2")
	require.Equal(t, exitOK, code, errs)
	require.Contains(t, errs, "1 files of folder:"+dir+" are no pictures and were skipped, such as train/dog/broken.jpg")
	require.Contains(t, out, "20 pictures, 12×12, 3 channels")
	code, out, errs = lab("train", "-dir", run, "-data-dir", cache)
	require.Equal(t, exitOK, code, errs)
	require.Contains(t, out, "finished already, at step 2")
	testEvalOfClasses(t, run, dir, cache)
}

func TestTrainedOn(t *testing.T) {
	name, files := trainedOn(contrastive.Data{Name: "folder:/a/b/train", Height: 24}, dataFiles{dir: "d"})
	require.Equal(t, "folder:/a/b", name)
	require.Equal(t, dataFiles{dir: "d", side: 24}, files)
	name, files = trainedOn(contrastive.Data{Name: "emoji/train", Height: 32}, dataFiles{})
	require.Equal(t, "emoji", name)
	require.Zero(t, files.side)
	require.Equal(t, "b", shortName("folder:/a/b/"))
	require.Equal(t, "cifar10", shortName("cifar10"))
}

func TestProgress(t *testing.T) {
	var out bytes.Buffer
	tell := progressOn(&out)
	for i := range 1000 {
		tell(datasets.Progress{Doing: "decoding", Done: int64(i), Total: 1000})
	}
	require.Empty(t, out.String(), "nothing to tell of what is quick")
	require.Equal(t, "downloading x: 25% of 4.0 MB, 0.5 MB/s, 6s left", progressLine(datasets.Progress{Doing: "downloading x", Done: 1e6, Total: 4e6, Bytes: true}, 0.5e6))
	require.Equal(t, "decoding y: 50% of 4,000, 1,000/s, "+(2*time.Second).String()+" left", progressLine(datasets.Progress{Doing: "decoding y", Done: 2000, Total: 4000}, 1000))
	require.Equal(t, "decoding y: 100% of 4,000", progressLine(datasets.Progress{Doing: "decoding y", Done: 4000, Total: 4000}, 1000))
}
