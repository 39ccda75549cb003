package wholefile

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWrite(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "deep", "er")
	path := filepath.Join(folder, "a.json")
	for _, content := range []string{"one", "another, longer"} {
		require.NoError(t, Write(path, []byte(content), 0o640))
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, content, string(got))
	}
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o640), info.Mode().Perm())
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, left, 1, "no temporary file stays")
}

func TestWriteFails(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "taken")
	require.NoError(t, os.MkdirAll(filepath.Join(path, "by a folder"), 0o755))
	require.Error(t, Write(path, []byte("x"), 0o644))
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, left, 1, "no temporary file stays")
}
