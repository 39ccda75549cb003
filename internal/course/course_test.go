package course

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	english = "# 01 · Pairs\n\nNotebook: [x](../../notebooks/01-pairs.ipynb) · [中文](../zh-CN/01-pairs.md)\n\n" +
		"<a id=\"intuition\"></a>\n## Intuition\n\n$$a = b \\text{ if so}$$\n\n```go\nx := 1 // one\n```\n"
	chinese = "# 01 · 样本对\n\n[English](../en/01-pairs.md#intuition)\n\n<a id=\"intuition\"></a>\n## 直觉\n\n" +
		"$$a = b \\text{ 如此}$$\n\n```go\nx := 1 // 一\n```\n"
)

// checkout writes a course of one lesson, then changes files as told; nil removes one.
func checkout(t *testing.T, changes map[string]*string) *Course {
	root := t.TempDir()
	digest := (&Text{Source: []byte(english)}).Digest()
	files := map[string]string{
		"README.md": "# The lab\n\n[lesson](lessons/en/01-pairs.md#intuition), [web](https://example.org/x#y)\n", "notebooks/01-pairs.ipynb": "{}",
		"lessons/en/01-pairs.md": english, "lessons/zh-CN/01-pairs.md": chinese + "\n<!-- en-sha256: " + digest + " -->\n",
	}
	for name, content := range changes {
		if delete(files, name); content != nil {
			files[name] = *content
		}
	}
	for name, content := range files {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
	c, err := Read(root)
	require.NoError(t, err)
	return c
}

func TestHealthyCourse(t *testing.T) {
	problems, warnings := checkout(t, nil).Check()
	require.Empty(t, problems)
	require.Empty(t, warnings)
}

func TestProblems(t *testing.T) {
	text := func(s string) *string { return &s }
	en, zh := "lessons/en/01-pairs.md", "lessons/zh-CN/01-pairs.md"
	digest := "\n<!-- en-sha256: " + (&Text{Source: []byte(english)}).Digest() + " -->\n"
	change := func(from, to string) *string {
		require.Contains(t, chinese, from)
		return text(strings.Replace(chinese, from, to, 1) + digest)
	}
	for name, c := range map[string]struct {
		changes map[string]*string
		want    string
	}{
		"no Chinese":      {map[string]*string{zh: nil}, en + ": has no counterpart lessons/zh-CN/01-pairs.md"},
		"no English":      {map[string]*string{en: nil}, zh + ": has no counterpart lessons/en/01-pairs.md"},
		"other anchor":    {map[string]*string{zh: change(`id="intuition"`, `id="idea"`)}, `anchor 1 is "idea"`},
		"other formula":   {map[string]*string{zh: change("a = b", "a = c")}, `formula 1 is "a=c"`},
		"formula missing": {map[string]*string{zh: change("$$a = b \\text{ 如此}$$", "")}, "formula 1 is missing"},
		"other code":      {map[string]*string{zh: change("x := 1", "x := 2")}, `code block 1 is "x:=2"`},
		"no digest":       {map[string]*string{zh: text(chinese)}, "en-sha256"},
		"no notebook":     {map[string]*string{"notebooks/01-pairs.ipynb": nil}, "has no notebook"},
		"no lesson":       {map[string]*string{"notebooks/02-views.ipynb": text("{}")}, "has no lesson lessons/en/02-views.md"},
		"dead link":       {map[string]*string{"README.md": text("# x\n[a](lessons/en/03.md)")}, "there is no lessons/en/03.md"},
		"dead anchor":     {map[string]*string{"README.md": text("# x\n[a](lessons/en/01-pairs.md#end)")}, `no anchor "end"`},
		"link outside":    {map[string]*string{"README.md": text("# x\n[a](../x.md)")}, "leads out of the checkout"},
		"no title":        {map[string]*string{"README.md": text("x")}, "README.md: has no title"},
		"exercise without Chinese": {map[string]*string{"exercises/01-cosine/README.md": text("# Exercise 01 · x\n")},
			"exercises/01-cosine/README.md: has no counterpart README.zh-CN.md"},
		"exercise with another formula": {map[string]*string{"exercises/01-cosine/README.md": text("# 01\n$$a$$\n"), "exercises/01-cosine/README.zh-CN.md": text("# 01\n$$b$$\n")},
			`exercises/01-cosine/README.zh-CN.md: formula 1 is "b"`},
		"dead link of an exercise": {map[string]*string{"exercises/README.md": text("# x\n[a](02)"), "exercises/README.zh-CN.md": text("# x")},
			"exercises/README.md: link \"02\""},
		"anchor twice": {map[string]*string{zh: change("## 直觉", "## 直觉 <a id=\"intuition\"></a>")}, `"intuition" twice`},
	} {
		t.Run(name, func(t *testing.T) {
			problems, _ := checkout(t, c.changes).Check()
			require.Contains(t, strings.Join(problems, "\n"), c.want)
		})
	}
}

// A change of the English text makes its translation suspect, but nobody is stopped by it.
func TestStaleIsAWarning(t *testing.T) {
	changed := english + "\nOne sentence more.\n"
	problems, warnings := checkout(t, map[string]*string{"lessons/en/01-pairs.md": &changed}).Check()
	require.Empty(t, problems)
	require.Len(t, warnings, 1)
	require.Contains(t, warnings[0], "lessons/zh-CN/01-pairs.md: may be stale")
}

func TestNoLessonsAtAll(t *testing.T) {
	c, err := Read(t.TempDir())
	require.NoError(t, err)
	problems, warnings := c.Check()
	require.Empty(t, problems)
	require.Empty(t, warnings)
}
