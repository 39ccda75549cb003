package course

import (
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Check looks for what a reader would stumble over. Problems must be mended; a warning says that a translation is
// older than its original, whose change may be one that needs no translating (then only the digest is to be renewed).
func (c *Course) Check() (problems, warnings []string) {
	problem := func(path, format string, args ...any) {
		problems = append(problems, path+": "+fmt.Sprintf(format, args...))
	}
	for _, pair := range [][2]Language{{English, Chinese}, {Chinese, English}} {
		for _, name := range c.Names(pair[0]) {
			if c.Texts[pair[1]][name] == nil {
				problem(c.Texts[pair[0]][name].Path, "has no counterpart lessons/%s/%s.md", pair[1], name)
			}
		}
	}
	for _, name := range c.Names(English) {
		en, zh := c.Texts[English][name], c.Texts[Chinese][name]
		if zh == nil {
			continue
		}
		same(problem, en, zh)
		switch {
		case zh.Of == "":
			problem(zh.Path, "does not say of which text it is the translation: its last line must be <!-- en-sha256: %s -->", en.Digest())
		case zh.Of != en.Digest():
			warnings = append(warnings, fmt.Sprintf("%s: may be stale, %s has changed since; see what, then write en-sha256: %s", zh.Path, en.Path, en.Digest()))
		}
	}
	for _, name := range append(c.ExerciseNames(), "") {
		en, zh := c.Exercises[English][name], c.Exercises[Chinese][name]
		switch {
		case en == nil && zh == nil: // a checkout without exercises
		case zh == nil:
			problem(en.Path, "has no counterpart README.zh-CN.md")
		default:
			same(problem, en, zh)
		}
	}
	for _, notebook := range c.Notebooks {
		if name := strings.TrimSuffix(path.Base(notebook), ".ipynb"); c.Texts[English][name] == nil {
			problem(notebook, "has no lesson lessons/%s/%s.md", English, name)
		}
	}
	for _, name := range c.Names(English) {
		if file := "notebooks/" + name + ".ipynb"; numbered.MatchString(name) && !slices.Contains(c.Notebooks, file) {
			problem(c.Texts[English][name].Path, "has no notebook %s", file)
		}
	}
	for _, t := range c.all() {
		if t.Title == "" {
			problem(t.Path, "has no title (a first line that begins with #)")
		}
		if i := duplicate(t.Anchors); i >= 0 {
			problem(t.Path, "has the anchor %q twice", t.Anchors[i])
		}
		for _, link := range t.Links {
			if err := c.follow(t, link); err != nil {
				problem(t.Path, "link %q: %v", link, err)
			}
		}
	}
	return problems, warnings
}

// same checks that a text and its translation share anchors, formulas and code.
func same(problem func(path, format string, args ...any), en, zh *Text) {
	for _, part := range []struct {
		what   string
		en, zh []string
	}{{"anchor", en.Anchors, zh.Anchors}, {"formula", en.Formulas, zh.Formulas}, {"code block", en.Code, zh.Code}} {
		if at := firstDifference(part.en, part.zh); at >= 0 {
			problem(zh.Path, "%s %d is %s, in %s it is %s", part.what, at+1, quoted(part.zh, at), en.Path, quoted(part.en, at))
		}
	}
}

// all are the texts, in a fixed order.
func (c *Course) all() []*Text {
	texts := slices.Clone(c.Others)
	for _, language := range Languages() {
		for _, name := range append(c.ExerciseNames(), "") {
			if t := c.Exercises[language][name]; t != nil {
				texts = append(texts, t)
			}
		}
		for _, name := range c.Names(language) {
			texts = append(texts, c.Texts[language][name])
		}
	}
	return texts
}

// follow says what is wrong with a link inside the checkout; what leads into the web is not tried.
func (c *Course) follow(from *Text, link string) error {
	target, err := url.Parse(link)
	if err != nil {
		return err
	}
	if target.Scheme != "" || target.Host != "" {
		return nil
	}
	file := from.Path
	if target.Path != "" {
		file = path.Join(path.Dir(from.Path), target.Path)
	}
	if file == ".." || strings.HasPrefix(file, "../") || path.IsAbs(file) {
		return fmt.Errorf("leads out of the checkout")
	}
	if _, err := os.Stat(filepath.Join(c.Root, filepath.FromSlash(file))); err != nil {
		return fmt.Errorf("there is no %s", file)
	}
	if target.Fragment == "" {
		return nil
	}
	for _, t := range c.all() {
		// Other Markdown has the anchors that GitHub makes of its headings, which are not known here.
		if t.Path == file && t.Language != "" && !slices.Contains(t.Anchors, target.Fragment) {
			return fmt.Errorf("%s has no anchor %q, only %q", file, target.Fragment, t.Anchors)
		}
	}
	return nil
}

// firstDifference is the first place at which two lists differ, -1 if none.
func firstDifference(a, b []string) int {
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			return i
		}
	}
	return -1
}

func duplicate(names []string) int {
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return i
		}
	}
	return -1
}

func quoted(list []string, i int) string {
	if i >= len(list) {
		return "missing"
	}
	return fmt.Sprintf("%q", list[i])
}
