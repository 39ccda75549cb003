// Package course reads the text course, lessons/en and lessons/zh-CN, and the notebooks beside it, and checks that they
// belong together: every lesson in both languages, the same sections, formulas and code in both, links that lead
// somewhere. Package site below makes a web site of them.
//
// What you may touch here: what counts as a problem, and what as a warning.
package course

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"

	"github.com/contrastlab/contrastlab/internal/notebook"
)

// Language is a folder of lessons.
type Language string

// The languages of the course: lessons are written in English and then said again in Chinese.
const (
	English Language = "en"
	Chinese Language = "zh-CN"
)

// Languages are all of them, the original first.
func Languages() []Language { return []Language{English, Chinese} }

// Text is a Markdown file of the course.
type Text struct {
	Path     string // below the root, with slashes
	Language Language
	Title    string
	Source   []byte
	Anchors  []string // of <a id="...">, in order
	Links    []string // targets, of links and pictures
	Formulas []string // between $$ and $$, without space and without \text{...}
	Code     []string // fenced blocks, without their comments
	Of       string   // first hex digits of the SHA-256 of the text that this one translates; empty in an original
}

// Course is what a checkout holds.
type Course struct {
	Root      string
	Notebooks []string                      // paths below the root
	Texts     map[Language]map[string]*Text // by name without ".md"
	Exercises map[Language]map[string]*Text // texts of the exercises, by folder
	Others    []*Text                       // Markdown of neither language: README, terminology
}

// Read reads the course of a checkout. A checkout without lessons has an empty one.
func Read(root string) (*Course, error) {
	c := &Course{Root: root, Texts: map[Language]map[string]*Text{}}
	for _, language := range Languages() {
		texts, err := readTexts(root, "lessons/"+string(language))
		if err != nil {
			return nil, err
		}
		c.Texts[language] = map[string]*Text{}
		for _, t := range texts {
			t.Language = language
			c.Texts[language][strings.TrimSuffix(path.Base(t.Path), ".md")] = t
		}
	}
	for _, folder := range []string{".", "lessons"} {
		texts, err := readTexts(root, folder)
		if err != nil {
			return nil, err
		}
		c.Others = append(c.Others, texts...)
	}
	if err := c.readExercises(); err != nil {
		return nil, err
	}
	files, err := notebook.All(root)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		c.Notebooks = append(c.Notebooks, "notebooks/"+filepath.Base(file))
	}
	return c, nil
}

// readExercises reads exercises/NN-name/README.md and README.zh-CN.md, and the two beside the folders under the name "".
func (c *Course) readExercises() error {
	c.Exercises = map[Language]map[string]*Text{English: {}, Chinese: {}}
	folders, err := filepath.Glob(filepath.Join(c.Root, "exercises", "[0-9]*"))
	if err != nil {
		return fmt.Errorf("course: %w", err)
	}
	for _, folder := range append(folders, "") {
		name := ""
		if folder != "" {
			name = filepath.Base(folder)
		}
		texts, err := readTexts(c.Root, path.Join("exercises", name))
		if err != nil {
			return err
		}
		for _, t := range texts {
			switch path.Base(t.Path) {
			case "README.md":
				t.Language = English
			case "README.zh-CN.md":
				t.Language = Chinese
			default:
				continue
			}
			c.Exercises[t.Language][name] = t
		}
	}
	return nil
}

// ExerciseNames are the folders of exercises, sorted.
func (c *Course) ExerciseNames() []string {
	var names []string
	for name := range c.Exercises[English] {
		if name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// ExerciseOf is the folder of the exercise with the number of a notebook or lesson of that name; empty if there is none.
func (c *Course) ExerciseOf(name string) string {
	number, _, _ := strings.Cut(name, "-")
	for _, exercise := range c.ExerciseNames() {
		if strings.HasPrefix(exercise, number+"-") {
			return exercise
		}
	}
	return ""
}

// readTexts reads the Markdown of a folder, sorted by name; a folder that is not there holds none.
func readTexts(root, folder string) ([]*Text, error) {
	entries, err := os.ReadDir(filepath.Join(root, folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("course: %w", err)
	}
	var texts []*Text
	for _, e := range entries {
		if e.IsDir() || filepath.Ext(e.Name()) != ".md" || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		t, err := readText(root, path.Join(folder, e.Name()))
		if err != nil {
			return nil, err
		}
		texts = append(texts, t)
	}
	return texts, nil
}

// Names are those of the texts of a language, sorted: numbered lessons come first.
func (c *Course) Names(language Language) []string {
	var names []string
	for name := range c.Texts[language] {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

var (
	anchorTag = regexp.MustCompile(`<a id="([^"]*)">`)
	displayed = regexp.MustCompile(`(?s)\$\$(.+?)\$\$`)
	prose     = regexp.MustCompile(`\\(?:text|mathrm|operatorname)\{[^{}]*\}`)
	space     = regexp.MustCompile(`\s+`)
	comment   = regexp.MustCompile(`(?m)(//|#).*$`)
	original  = regexp.MustCompile(`<!-- en-sha256: ([0-9a-f]{16}) -->`)
	numbered  = regexp.MustCompile(`^\d\d-`)
)

var markdown = goldmark.New(goldmark.WithExtensions(extension.GFM))

func readText(root, path string) (*Text, error) {
	source, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		return nil, fmt.Errorf("course: %w", err)
	}
	t := &Text{Path: path, Source: source}
	if m := original.FindSubmatch(source); m != nil {
		t.Of = string(m[1])
	}
	document := markdown.Parser().Parse(text.NewReader(source))
	err = ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			if n.Level == 1 && t.Title == "" {
				t.Title = string(n.Lines().Value(source))
			}
		case *ast.Link:
			t.Links = append(t.Links, string(n.Destination))
		case *ast.Image:
			t.Links = append(t.Links, string(n.Destination))
		case *ast.FencedCodeBlock:
			code := comment.ReplaceAll(n.Lines().Value(source), nil)
			t.Code = append(t.Code, string(space.ReplaceAll(code, nil)))
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		return nil, fmt.Errorf("course: %s: %w", path, err)
	}
	for _, m := range anchorTag.FindAllSubmatch(source, -1) {
		t.Anchors = append(t.Anchors, string(m[1]))
	}
	for _, m := range displayed.FindAllSubmatch(source, -1) {
		t.Formulas = append(t.Formulas, string(space.ReplaceAll(prose.ReplaceAll(m[1], nil), nil)))
	}
	return t, nil
}

// Digest is what a translation quotes of the text that it translates: 16 hex digits of its SHA-256.
func (t *Text) Digest() string {
	sum := sha256.Sum256(bytes.ReplaceAll(t.Source, []byte("\r\n"), []byte("\n")))
	return hex.EncodeToString(sum[:])[:16]
}
