//go:build unix

package folder

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLinks: what lies outside the folder is not read through a link, and nothing blocks or loops.
func TestLinks(t *testing.T) {
	good := pngOf(t, plain(2, 2, red))
	outside := tree(t, map[string][]byte{"secret.png": good, "more/1.png": good})
	dir := tree(t, map[string][]byte{"a/1.png": good, "b/2.png": good})
	link := func(to, name string) { require.NoError(t, os.Symlink(to, filepath.Join(dir, name))) }
	link("1.png", "a/inside.png")
	link(filepath.Join(outside, "secret.png"), "a/outside.png")
	link("../../"+filepath.Base(outside)+"/secret.png", "a/up.png")
	link("nowhere.png", "a/nowhere.png")
	link(outside, "c")
	link("..", "a/loop")
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "b", "pipe.png"), 0o644))
	_, result, found := readAll(t, dir, 2)
	require.Equal(t, []string{"a/1.png", "a/inside.png", "b/2.png"}, paths(found.Train))
	require.Equal(t, 3, result.Train)
	var left []string
	for _, s := range result.Skipped {
		left = append(left, s.Path+" "+s.Reason)
	}
	require.ElementsMatch(t, []string{
		"a/loop is a link to a folder, which is not followed",
		"a/nowhere.png is a link that leads out of the folder or nowhere",
		"a/outside.png is a link that leads out of the folder or nowhere",
		"a/up.png is a link that leads out of the folder or nowhere",
		"b/pipe.png is no regular file",
		"c is a link that leads out of the folder or nowhere",
	}, left)

	whole := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(dir, whole))
	_, err := List(whole)
	require.NoError(t, err, "the folder itself may be a link")
}
