package exercises

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/lang"
)

// Every exercise is whole: stub, solution, three hints, and in the learner's module the same stub, a test that calls its
// checks, and a text in each language that says how long it takes.
func TestWhole(t *testing.T) {
	root := filepath.Join("..", "..")
	for _, e := range All() {
		for _, language := range []string{"en", "zh"} {
			t.Setenv(lang.Env, language)
			require.Len(t, e.Hints(), 3, "%s, %s", e.ID, language)
			for _, hint := range e.Hints() {
				require.NotEmpty(t, hint, e.ID)
			}
			readme, err := os.ReadFile(filepath.Join(root, e.Readme()))
			require.NoError(t, err)
			require.Contains(t, string(readme), strconv.Itoa(e.Minutes)+lang.Text{En: " minutes", Zh: " 分钟"}.String(), e.Readme())
			require.Contains(t, string(readme), e.Level.String(), e.Readme())
			require.Contains(t, string(readme), "(../../notebooks/"+e.Notebook+".ipynb)", e.Readme())
			require.Contains(t, string(readme), "(../../lessons/"+lang.Folder()+"/"+e.Notebook+".md)", e.Readme())
			require.Contains(t, string(readme), "("+e.File+")", e.Readme())
			require.Contains(t, string(readme), "lab check "+e.ID, e.Readme())
		}
		require.NotEmpty(t, e.Title.En)
		require.NotEmpty(t, e.Title.Zh)
		require.GreaterOrEqual(t, e.Minutes, 5)
		require.LessOrEqual(t, e.Minutes, 30)
		require.NotEqual(t, string(e.Stub()), string(e.Solution()))
		tests, err := filepath.Glob(filepath.Join(root, Folder, e.ID, "*_test.go"))
		require.NoError(t, err)
		require.Len(t, tests, 1, e.ID)
		test, err := os.ReadFile(tests[0])
		require.NoError(t, err)
		for _, name := range e.Checks {
			require.Contains(t, string(test), "check."+name+"(", e.ID)
		}
	}
}

// No folder is forgotten.
func TestAllListed(t *testing.T) {
	folders, err := fs.Glob(files, "[0-9]*")
	require.NoError(t, err)
	var ids []string
	for _, e := range All() {
		ids = append(ids, e.ID)
	}
	require.Equal(t, folders, ids)
}

// The table of each language has a line for each exercise that says what All says.
func TestTable(t *testing.T) {
	for language, file := range map[string]string{"en": "README.md", "zh": "README.zh-CN.md"} {
		t.Setenv(lang.Env, language)
		table, err := os.ReadFile(filepath.Join("..", "..", Folder, file))
		require.NoError(t, err)
		for _, e := range All() {
			require.Contains(t, string(table), fmt.Sprintf("| [%s](%[1]s/%s) | %s | %d | %s | [%s](../notebooks/%[6]s.ipynb) |", e.ID, file, e.Title, e.Minutes, e.Level, e.Notebook))
		}
	}
}

func TestFind(t *testing.T) {
	for _, name := range []string{"03-infonce", "03", "3", "infonce", "exercises/03-infonce", "exercises/03-infonce/", `exercises\03-infonce`} {
		e, err := Find(name)
		require.NoError(t, err, name)
		require.Equal(t, "03-infonce", e.ID)
	}
	t.Setenv(lang.Env, "en")
	_, err := Find("03-infonec")
	require.ErrorContains(t, err, `did you mean "03-infonce"?`)
	for _, name := range []string{"", ".", "..", "../..", "99"} {
		_, err := Find(name)
		require.ErrorContains(t, err, "lab list", name)
	}
}

// A learner who reads only the stub must see what to write and where the text is.
func TestStubs(t *testing.T) {
	for _, e := range All() {
		require.Contains(t, string(e.Stub()), "README.md", e.ID)
		require.True(t, strings.HasPrefix(string(e.Stub()), "// Package "), e.ID)
	}
}

// What is committed is the empty file, the one that `lab reset` restores. A learner's own changes are none of its business.
func TestCommittedAreStubs(t *testing.T) {
	root := filepath.Join("..", "..")
	changed, err := exec.Command("git", "-C", root, "status", "--porcelain", "--", Folder).Output()
	if err != nil || len(changed) > 0 {
		t.Skip("no git here, or somebody works on the exercises")
	}
	edited, err := Edited(root)
	require.NoError(t, err)
	require.Empty(t, edited)
}
