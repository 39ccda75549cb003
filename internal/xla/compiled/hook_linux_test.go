package compiled_test

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/xla"
	"github.com/contrastlab/contrastlab/internal/xla/compiled"
)

// One process opens one plugin, so the parts share it: compiled once, loaded ever after, with the same result to the last
// bit; a program that the plugin cannot load is compiled again.
func TestKeep(t *testing.T) {
	host := xla.This()
	host.Install = nil
	host.LookupEnv = func(key string) (string, bool) {
		if key == xla.EnvCache {
			return filepath.Join(t.TempDir(), "of the lab"), true
		}
		return os.LookupEnv(key)
	}
	backend, choice, err := host.Open(func(string) {})
	if err != nil {
		t.Skipf("NOT TESTED WITH XLA: %v", err)
	}
	if !strings.Contains(filepath.Base(choice.Plugin), "cpu") {
		t.Skip("NOT TESTED WITH XLA: " + choice.Why)
	}
	store := compiled.Store{Dir: t.TempDir(), Limit: 1 << 30}
	require.NoError(t, compiled.Keep(choice.Plugin, store))

	compute := func(scale float64) []float32 {
		exec, err := NewExec(backend, func(x *Node) *Node { return ReduceSum(Sin(MulScalar(MatMul(x, x), scale)), 0) })
		if err != nil {
			panic(err)
		}
		defer runtime.GC() // destroys the program: the next one must not depend on it
		defer exec.Finalize()
		out, err := exec.Call1([][]float32{{1, 2}, {3, 4}})
		if err != nil {
			panic(err) // not t.FailNow: goroutines call this
		}
		return out.Value().([]float32)
	}
	counted := func(scale float64) (value []float32, loaded, fresh int) {
		l, f := compiled.Counts()
		value = compute(scale)
		l2, f2 := compiled.Counts()
		return value, l2 - l, f2 - f
	}
	first, loaded, fresh := counted(0.5)
	require.Zero(t, loaded)
	require.Equal(t, 1, fresh)
	files := func() []string {
		found, err := filepath.Glob(filepath.Join(store.Dir, "*"))
		require.NoError(t, err)
		return found
	}
	require.Len(t, files(), 1)

	for range 3 {
		again, loaded, fresh := counted(0.5)
		require.Equal(t, first, again)
		require.Equal(t, 1, loaded)
		require.Zero(t, fresh)
	}
	other, loaded, fresh := counted(0.25)
	require.NotEqual(t, first, other)
	require.Equal(t, []int{0, 1}, []int{loaded, fresh})
	require.Len(t, files(), 2)

	for _, file := range files() { // whole files of which the plugin makes nothing
		require.NoError(t, os.Remove(file))
		var key compiled.Key
		_, err := hex.Decode(key[:], []byte(strings.TrimSuffix(filepath.Base(file), ".xla")))
		require.NoError(t, err)
		require.NoError(t, store.Put(key, []byte("no program")))
	}
	again, loaded, fresh := counted(0.5)
	require.Equal(t, first, again)
	require.Equal(t, []int{0, 1}, []int{loaded, fresh})
	_, loaded, _ = counted(0.5)
	require.Equal(t, 1, loaded, "the file that could not be loaded was replaced")

	before, _ := compiled.Counts()
	results := make([][]float32, 8)
	var side sync.WaitGroup
	for i := range results { // side by side: one compiles, the others wait for it
		side.Go(func() { results[i] = compute(0.75) })
	}
	side.Wait()
	for _, r := range results {
		require.Equal(t, results[0], r)
	}
	after, _ := compiled.Counts()
	require.Equal(t, len(results)-1, after-before)

	store.AtLeast = time.Hour
	require.NoError(t, compiled.Keep(choice.Plugin, store))
	kept := len(files())
	_, _, fresh = counted(0.125)
	require.Equal(t, 1, fresh)
	require.Len(t, files(), kept, "what compiles in less is not kept")
}

func TestKeepNamesThePlugin(t *testing.T) {
	file := filepath.Join(t.TempDir(), "no-plugin.so")
	require.NoError(t, os.WriteFile(file, []byte("text"), 0o600))
	require.ErrorContains(t, compiled.Keep(file, compiled.Store{Dir: t.TempDir()}), file)
}
