package site

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/course"
	"github.com/contrastlab/contrastlab/internal/xla"
)

var (
	reference = regexp.MustCompile(`(?:href|src)="([^"]*)"`)
	inlined   = regexp.MustCompile(`(?s)<script>.*?</script>|<pre.*?</pre>`)
)

// The course of this checkout becomes a site in which every formula can be read, every link leads to a page of the site or
// into the web, and nothing is loaded from another host.
func TestThisCourse(t *testing.T) {
	c, err := course.Read(xla.This().Root())
	require.NoError(t, err)
	folder := filepath.Join(t.TempDir(), "site")
	pages, err := Write(c, folder)
	require.NoError(t, err)
	require.Greater(t, pages, len(c.Notebooks))
	charts := 0
	err = filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".html" {
			return err
		}
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		charts += strings.Count(string(content), "class=\"lab-chart\"")
		for _, m := range reference.FindAllStringSubmatch(string(inlined.ReplaceAll(content, nil)), -1) {
			link, err := url.Parse(strings.ReplaceAll(m[1], "&amp;", "&"))
			require.NoError(t, err, path)
			switch {
			case link.Scheme == "data" || link.Scheme != "" && strings.HasPrefix(m[0], "href="):
			case link.Scheme != "" || link.Host != "":
				t.Errorf("%s loads %s", path, m[1])
			case link.Path != "":
				require.FileExists(t, filepath.Join(filepath.Dir(path), filepath.FromSlash(link.Path)), "%s: %s", path, m[1])
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, charts, 5)
	index, err := os.ReadFile(filepath.Join(folder, "index.zh-CN.html"))
	require.NoError(t, err)
	for _, name := range c.ExerciseNames() {
		require.Contains(t, string(index), "exercises/"+name+"/README.zh-CN.html", "the first page leads to every exercise")
	}

	again, err := Write(c, folder)
	require.NoError(t, err, "an earlier export is replaced")
	require.Equal(t, pages, again)
}

// Nobody loses a folder to a mistyped -o.
func TestForeignFolder(t *testing.T) {
	c, err := course.Read(xla.This().Root())
	require.NoError(t, err)
	folder := t.TempDir()
	mine := filepath.Join(folder, "thesis.txt")
	require.NoError(t, os.WriteFile(mine, []byte("x"), 0o600))
	_, err = Write(c, folder)
	require.ErrorContains(t, err, folder)
	require.FileExists(t, mine)
	_, err = Write(c, mine)
	require.Error(t, err)
	require.FileExists(t, mine)
}

func TestFormulas(t *testing.T) {
	p := &page{site: &builder{pages: map[string]string{}}, from: "lessons/en/x.md", to: "lessons/en/x.html"}
	for source, want := range map[string]string{
		"a $x_i$ b":                 "<msub>",
		"costs $5 and $6":           "costs $5 and $6",
		"`$x$`":                     "<code>$x$</code>",
		"text\n$$\na\n+ b\n$$\nend": "<p>end</p>", // no list is made of the line that begins with +
		"$$a = b$$":                 `<div class="formula">`,
		"so $$a$$, then":            "then",
		"- item $\\frac12$":         "<mfrac>",
		"$x \\log y$":               `<mo lspace="0.17em" rspace="0.17em">log</mo>`,
		"$-\\ln(2N)$":               `<mo lspace="0" rspace="0">ln</mo>`,
		"is 0.49 ± 0.02":            "0.49\u00a0±\u00a00.02",
	} {
		out, err := p.markdown([]byte(source))
		require.NoError(t, err, source)
		require.Contains(t, out, want, source)
		require.NotContains(t, out, "<ul>\n<li>b", source)
	}
	for _, broken := range []string{`$\unheard{x}$`, `$$\frac{1}$$`} {
		_, err := p.markdown([]byte(broken))
		require.ErrorContains(t, err, "formula", broken)
	}
}

func TestTerminal(t *testing.T) {
	require.Equal(t, "100 % done\nnext", terminal("  0 %\r 50 %\r\x1b[1m100 % done\x1b[0m\x1b[K\nnext\n"))
	require.Equal(t, "a\nb", terminal("a\r\nb\r\n"))
}

func TestBrokenNotebook(t *testing.T) {
	for _, source := range []string{"", "{", `{"cells": []}`, "[]"} {
		_, err := readNotebook([]byte(source))
		require.Error(t, err, source)
	}
}
