package site

import (
	"fmt"
	"html"
	"path"
	"strings"

	"github.com/contrastlab/contrastlab/internal/course"
)

// wording is what the frame says in a language.
type wording struct {
	name, index, course, contents, lesson, notebook, exercise string
	lessonLink                                                string // from a notebook, which is in English
	title, intro, more                                        string
}

var words = map[course.Language]wording{
	course.English: {
		name: "English", index: "index.html", course: "The course", contents: "On this page", lesson: "Lesson", notebook: "Notebook", exercise: "Exercise", lessonLink: "Lesson",
		title: "Contrastlab: contrastive representation learning by running it",
		intro: "Each step is a notebook, shown here with the outputs of a real run, and a lesson that explains it. " +
			"Charts answer to the pointer. To run and change the notebooks, open them in the lab: <code>make lab</code> in a checkout.",
		more: "Beside the course",
	},
	course.Chinese: {
		name: "中文", index: "index.zh-CN.html", course: "课程", contents: "本页内容", lesson: "课文", notebook: "笔记本", exercise: "练习", lessonLink: "课文 · 中文",
		title: "Contrastlab：动手学对比表示学习",
		intro: "每一步都有一个笔记本（这里展示的是真实运行的输出）和一篇讲解它的课文。图表可以用鼠标交互。" +
			"想运行和修改笔记本，请在代码仓库中执行 <code>make lab</code> 打开实验室。",
		more: "课程之外",
	},
}

// index is the first page in a language: a row per notebook, then the texts without one.
func (b *builder) index(language course.Language, to string) ([]byte, error) {
	w := words[language]
	var body strings.Builder
	fmt.Fprintf(&body, "<h1>%s</h1>\n<p>%s</p>\n<table class=\"course\"><thead><tr><th></th><th>%s</th><th>%s</th><th>%s</th></tr></thead><tbody>\n",
		w.title, w.intro, w.notebook, w.lesson, w.exercise)
	cell := func(path, text string) string {
		if path == "" {
			return "<td></td>"
		}
		return fmt.Sprintf("<td><a href=\"%s\">%s</a></td>", html.EscapeString(b.pages[path]), html.EscapeString(text))
	}
	for _, notebook := range b.course.Notebooks {
		name := strings.TrimSuffix(path.Base(notebook), ".ipynb")
		number, title := split(b.titles[notebook])
		lesson, lessonTitle := "", ""
		if t := b.course.Texts[language][name]; t != nil {
			lesson = t.Path
			_, lessonTitle = split(t.Title)
		}
		exercise, exerciseTitle := "", ""
		if t := b.course.Exercises[language][b.course.ExerciseOf(name)]; t != nil && b.course.ExerciseOf(name) != "" {
			exercise = t.Path
			_, exerciseTitle = split(t.Title)
		}
		fmt.Fprintf(&body, "<tr><td>%s</td>%s%s%s</tr>\n", html.EscapeString(number), cell(notebook, title), cell(lesson, lessonTitle), cell(exercise, exerciseTitle))
	}
	body.WriteString("</tbody></table>\n")
	var more []string
	for _, t := range b.texts() {
		name := strings.TrimSuffix(path.Base(t.Path), ".md")
		if strings.HasPrefix(t.Path, exercises) {
			name = path.Base(path.Dir(t.Path)) // a folder of exercises, or "exercises" itself
		}
		number, _, _ := strings.Cut(name, "-")
		if !b.numbers[number] && (t.Language == language || t.Language == "") {
			more = append(more, fmt.Sprintf("<li><a href=\"%s\">%s</a></li>", html.EscapeString(b.pages[t.Path]), html.EscapeString(plain(t.Title))))
		}
	}
	if len(more) > 0 {
		fmt.Fprintf(&body, "<h2>%s</h2>\n<ul>%s</ul>\n", w.more, strings.Join(more, "\n"))
	}
	p := &page{site: b, from: to, to: to}
	v := p.view(language, w.title, body.String(), nil)
	for _, other := range course.Languages() {
		if other != language {
			v.Others = append(v.Others, link{words[other].index, words[other].name, string(other)})
		}
	}
	return v.render()
}

// split takes "05 · SimCLR" apart.
func split(title string) (number, rest string) {
	if number, rest, ok := strings.Cut(title, " · "); ok {
		return number, plain(rest)
	}
	return "", plain(title)
}
