package exercises

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/lang"
)

// checkout is a copy of the learner's module in a folder of its own, with empty files, that leads back to this kit.
func checkout(t *testing.T) string {
	t.Helper()
	t.Setenv(lang.Env, "en")
	root := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(root, Folder), 0o755))
	require.NoError(t, copyModule(filepath.Join("..", ".."), filepath.Join(root, Folder)))
	for _, e := range All() {
		require.NoError(t, os.WriteFile(filepath.Join(root, e.Path()), e.Stub(), 0o644))
	}
	return root
}

func TestTry(t *testing.T) {
	root := checkout(t)
	e, err := Find("03-infonce")
	require.NoError(t, err)
	try := func(code string) Outcome {
		t.Helper()
		require.NoError(t, os.WriteFile(filepath.Join(root, e.Path()), []byte(code), 0o644))
		o, err := Try(context.Background(), root, e)
		require.NoError(t, err)
		return o
	}
	head := "package infonce\n\nimport \"os\"\n\nvar _ = os.Exit\n\nfunc InfoNCE(q, k [][]float64, temperature float64) float64 {\n"

	o := try(string(e.Stub()))
	require.False(t, o.Passed())
	require.True(t, o.Unwritten())
	require.Empty(t, o.Problem)

	o = try(string(e.Solution()))
	require.True(t, o.Passed(), o)
	require.False(t, o.Unwritten())

	o = try(head + "return qq\n}\n")
	require.False(t, o.Passed())
	require.Contains(t, o.Problem, "does not compile")
	require.Contains(t, o.Problem, filepath.FromSlash("03-infonce/infonce.go:8:8: undefined: qq"))
	require.NotContains(t, o.Problem, "FAIL")

	o = try(head + "println(\"last words\"); os.Exit(1); return 0\n}\n")
	require.False(t, o.Passed())
	require.Contains(t, o.Problem, "check.InfoNCE did not run")
	require.Contains(t, o.Problem, "last words")

	o = try(head + "return q[len(q)][0]\n}\n")
	require.False(t, o.Passed())
	require.Contains(t, o.Reports[0].Rows[0].Detail, "infonce.go:8")

	require.NoError(t, os.RemoveAll(filepath.Join(root, Folder, e.ID)))
	_, err = Try(context.Background(), root, e)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestTryInterrupted(t *testing.T) {
	root := checkout(t)
	ctx, stop := context.WithCancel(context.Background())
	stop()
	_, err := Try(ctx, root, All()[0])
	require.ErrorIs(t, err, context.Canceled)
}

// Nothing that a learner wrote is lost by a reset, whatever was kept before.
func TestReset(t *testing.T) {
	root := checkout(t)
	e := All()[0]
	backup, err := Reset(root, e)
	require.NoError(t, err)
	require.Empty(t, backup, "nothing was written")
	for n, mine := range []string{"mine", "mine again"} {
		require.NoError(t, os.WriteFile(filepath.Join(root, e.Path()), []byte(mine), 0o644))
		edited, err := Edited(root)
		require.NoError(t, err)
		require.Equal(t, []Exercise{e}, edited)
		backup, err = Reset(root, e)
		require.NoError(t, err)
		require.Equal(t, e.Path()+[]string{".1.bak", ".2.bak"}[n], backup)
		content, err := os.ReadFile(filepath.Join(root, backup))
		require.NoError(t, err)
		require.Equal(t, mine, string(content))
		content, err = os.ReadFile(filepath.Join(root, e.Path()))
		require.NoError(t, err)
		require.Equal(t, string(e.Stub()), string(content))
	}
	require.NoError(t, os.Remove(filepath.Join(root, e.Path())))
	backup, err = Reset(root, e)
	require.NoError(t, err)
	require.Empty(t, backup)
	require.FileExists(t, filepath.Join(root, e.Path()))
}

func TestProgress(t *testing.T) {
	root := t.TempDir()
	t.Setenv(ProgressEnv, "")
	p, err := ReadProgress(root)
	require.NoError(t, err)
	first := All()[0]
	next, ok := p.Next()
	require.True(t, ok)
	require.Equal(t, first.ID, next.ID)
	p.Of(first).Attempts = 2
	require.NoError(t, p.Save())
	p, err = ReadProgress(root)
	require.NoError(t, err)
	require.Equal(t, 2, p.Of(first).Attempts)
	require.Zero(t, p.Passed())

	own := filepath.Join(root, "deep", "mine.json")
	t.Setenv(ProgressEnv, own)
	p, err = ReadProgress(root)
	require.NoError(t, err)
	require.Zero(t, p.Of(first).Attempts, "another file")
	require.NoError(t, p.Save())
	require.FileExists(t, own)

	require.NoError(t, os.WriteFile(own, []byte(`{"exercises": {"03`), 0o644))
	_, err = ReadProgress(root)
	require.ErrorContains(t, err, own)
	require.NoError(t, os.WriteFile(own, []byte(`null`), 0o644))
	_, err = ReadProgress(root)
	require.NoError(t, err)
}

// The proof of all exercises: stubs, solutions, mistakes.
func TestVerify(t *testing.T) {
	t.Setenv(lang.Env, "en")
	results, err := Verify(context.Background(), filepath.Join("..", ".."))
	require.NoError(t, err)
	require.Len(t, results, len(All()))
	for _, r := range results {
		require.Empty(t, r.Problems, r.Exercise.ID)
	}
}
