// Package site writes the course as a folder of HTML pages that opens without network: notebooks with live charts,
// lessons in both languages, their pictures. Formulas are MathML, which browsers draw themselves.
//
// What you may touch here: how the pages look (style.css, page.html), and what becomes a page (pages).
package site

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/contrastlab/contrastlab/internal/course"
	"github.com/contrastlab/contrastlab/internal/notebook"
	"github.com/contrastlab/contrastlab/pkg/contrastive/chart"
)

//go:embed style.css
var style string

//go:embed page.html
var pageHTML string

var layout = template.Must(template.New("page").Parse(pageHTML))

// marker is a file by which a folder is known as an earlier export, which may be replaced.
const marker = ".contrastlab-site"

// builder is the site while it is made.
type builder struct {
	course *course.Course
	pages  map[string]string // page of each file that becomes one
	files  []string          // pictures to copy, below the root
	titles map[string]string // of texts and notebooks, by file

	numbers   map[string]bool               // of the notebooks
	notebooks map[string]*notebook.Document // by file
}

// Write makes the site of a course in a folder, which it creates, or replaces if it is an earlier export. It returns how
// many pages were written. An error leaves what was there.
func Write(c *course.Course, folder string) (pages int, err error) {
	if err := replaceable(folder); err != nil {
		return 0, err
	}
	b := &builder{course: c, pages: map[string]string{}, titles: map[string]string{}, numbers: map[string]bool{}, notebooks: map[string]*notebook.Document{}}
	if err := b.plan(); err != nil {
		return 0, err
	}
	if err := os.MkdirAll(filepath.Dir(filepath.Clean(folder)), 0o755); err != nil {
		return 0, fmt.Errorf("site: %w", err)
	}
	made, err := os.MkdirTemp(filepath.Dir(filepath.Clean(folder)), ".site-*")
	if err != nil {
		return 0, fmt.Errorf("site: %w", err)
	}
	defer os.RemoveAll(made)
	if pages, err = b.write(made); err != nil {
		return 0, err
	}
	if err := os.Chmod(made, 0o755); err != nil {
		return 0, fmt.Errorf("site: %w", err)
	}
	if err := os.RemoveAll(folder); err != nil {
		return 0, fmt.Errorf("site: %w", err)
	}
	if err := os.Rename(made, folder); err != nil {
		return 0, fmt.Errorf("site: %w", err)
	}
	return pages, nil
}

// replaceable refuses a folder that holds something else.
func replaceable(folder string) error {
	entries, err := os.ReadDir(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("site: %w", err)
	case len(entries) == 0 || slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == marker }):
		return nil
	}
	return fmt.Errorf("site: %s holds files that are no earlier export (it has no %s); choose another folder", folder, marker)
}

// plan decides which file becomes which page.
func (b *builder) plan() error {
	b.pages["README.md"], b.pages["README.zh-CN.md"] = "index.html", "index.zh-CN.html"
	for _, path := range b.course.Notebooks {
		source, err := os.ReadFile(filepath.Join(b.course.Root, path))
		if err != nil {
			return fmt.Errorf("site: %w", err)
		}
		n, err := readNotebook(source)
		if err != nil {
			return fmt.Errorf("site: %s: %w", path, err)
		}
		b.pages[path] = strings.TrimSuffix(path, ".ipynb") + ".html"
		b.titles[path], b.notebooks[path] = titleOf(n), n
		number, _, _ := strings.Cut(strings.TrimPrefix(path, "notebooks/"), "-")
		b.numbers[number] = true
	}
	for _, t := range b.texts() {
		b.pages[t.Path] = strings.TrimSuffix(t.Path, ".md") + ".html"
		b.titles[t.Path] = t.Title
	}
	if len(b.course.Notebooks) == 0 {
		return fmt.Errorf("site: there are no notebooks in %s", b.course.Root)
	}
	return nil
}

// texts are the lessons and exercises of both languages and what lies beside them.
func (b *builder) texts() []*course.Text {
	var texts []*course.Text
	for _, t := range b.course.Others {
		if strings.HasPrefix(t.Path, "lessons/") {
			texts = append(texts, t)
		}
	}
	for _, language := range course.Languages() {
		for _, name := range b.course.Names(language) {
			texts = append(texts, b.course.Texts[language][name])
		}
		for _, name := range append(b.course.ExerciseNames(), "") {
			if t := b.course.Exercises[language][name]; t != nil {
				texts = append(texts, t)
			}
		}
	}
	return texts
}

// exercises is the folder of the exercises, whose files are all called README.
const exercises = "exercises/"

// link is an entry of the navigation.
type link struct{ Href, Text, Lang string }

// view is what the layout shows.
type view struct {
	Lang, Title, Root string
	Home              string
	Body              template.HTML
	Contents          []link
	Others            []link // the same in other forms: notebook, lesson, other language
	Previous, Next    *link
	ContentsName, Up  string
	Charts            bool // the page holds charts
}

func (b *builder) write(folder string) (int, error) {
	css, err := codeStyle()
	if err != nil {
		return 0, fmt.Errorf("site: %w", err)
	}
	out := map[string][]byte{
		"assets/style.css":  []byte(style + css),
		"assets/echarts.js": []byte(chart.Script()),
		marker:              []byte("Made by lab export, which may replace this folder.\n"),
	}
	for _, file := range b.course.Notebooks {
		if out[b.pages[file]], err = b.notebook(file); err != nil {
			return 0, fmt.Errorf("site: %s: %w", file, err)
		}
	}
	for _, t := range b.texts() {
		if out[b.pages[t.Path]], err = b.text(t); err != nil {
			return 0, fmt.Errorf("site: %s: %w", t.Path, err)
		}
	}
	for language, file := range map[course.Language]string{course.English: "index.html", course.Chinese: "index.zh-CN.html"} {
		if out[file], err = b.index(language, file); err != nil {
			return 0, fmt.Errorf("site: %s: %w", file, err)
		}
	}
	pages := 0
	for _, file := range b.files {
		if out[file], err = os.ReadFile(filepath.Join(b.course.Root, filepath.FromSlash(file))); err != nil {
			return 0, fmt.Errorf("site: %w", err)
		}
	}
	for name, content := range out {
		if path.Ext(name) == ".html" {
			pages++
		}
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return 0, fmt.Errorf("site: %w", err)
		}
		if err := os.WriteFile(file, content, 0o644); err != nil {
			return 0, fmt.Errorf("site: %w", err)
		}
	}
	return pages, nil
}

func (b *builder) notebook(file string) ([]byte, error) {
	p := &page{site: b, from: file, to: b.pages[file]}
	body, err := p.notebook(b.notebooks[file])
	if err != nil {
		return nil, err
	}
	name := strings.TrimSuffix(path.Base(file), ".ipynb")
	v := p.view(course.English, b.titles[file], body, b.course.Notebooks)
	v.Charts = true
	for _, language := range course.Languages() {
		if t := b.course.Texts[language][name]; t != nil {
			v.Others = append(v.Others, link{relative(p.to, b.pages[t.Path]), words[language].lessonLink, string(language)})
		}
	}
	return v.render()
}

func (b *builder) text(t *course.Text) ([]byte, error) {
	p := &page{site: b, from: t.Path, to: b.pages[t.Path]}
	body, err := p.markdown(t.Source)
	if err != nil {
		return nil, err
	}
	language := t.Language
	group, name := b.course.Texts, strings.TrimSuffix(path.Base(t.Path), ".md")
	names := b.course.Names(language)
	if strings.HasPrefix(t.Path, exercises) {
		group, names = b.course.Exercises, b.course.ExerciseNames()
		name = strings.Trim(strings.TrimPrefix(path.Dir(t.Path)+"/", exercises), "/")
	}
	var series []string
	if language == "" {
		language = course.English
	} else {
		for _, n := range names {
			if of := group[language][n]; of != nil {
				series = append(series, of.Path)
			}
		}
	}
	v := p.view(language, t.Title, body, series)
	if to, ok := b.pages["notebooks/"+name+".ipynb"]; ok {
		v.Others = append(v.Others, link{relative(p.to, to), words[language].notebook, "en"})
	}
	for _, other := range course.Languages() {
		if same := group[other][name]; t.Language != "" && other != language && same != nil {
			v.Others = append(v.Others, link{relative(p.to, b.pages[same.Path]), words[other].name, string(other)})
		}
	}
	return v.render()
}

// view is the frame around a body; series are the files among which it has neighbors.
func (p *page) view(language course.Language, title, body string, series []string) *view {
	w := words[language]
	v := &view{Lang: string(language), Title: title, Root: relative(p.to, ""), Home: w.index, Body: template.HTML(body),
		ContentsName: w.contents, Up: w.course}
	for _, h := range p.heads {
		v.Contents = append(v.Contents, link{Href: "#" + h.id, Text: plain(h.text)})
	}
	at := slices.Index(series, p.from)
	neighbor := func(i int) *link {
		if at < 0 || i < 0 || i >= len(series) {
			return nil
		}
		return &link{Href: relative(p.to, p.site.pages[series[i]]), Text: plain(p.site.titles[series[i]])}
	}
	v.Previous, v.Next = neighbor(at-1), neighbor(at+1)
	return v
}

// plain is a heading without its marks.
func plain(heading string) string {
	return strings.NewReplacer("`", "", "*", "", "$", "").Replace(heading)
}

func (v *view) render() ([]byte, error) {
	var b bytes.Buffer
	err := layout.Execute(&b, v)
	return b.Bytes(), err
}
