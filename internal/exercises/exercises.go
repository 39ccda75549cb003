// Package exercises knows the exercises of the course: what they are called, how long they take, their empty files, hints
// and solutions. The learner's copies, with tests and texts, are in the module exercises/ at the top; this package keeps
// what they shall not stumble over, and what `lab reset` restores.
//
// What you may touch here: a folder is an exercise: the solution as a package of its own, NAME.stub (the empty file,
// equal to the one in exercises/), and three hints in each language, separated by a line "---".
package exercises

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/contrastlab/contrastlab/internal/lang"
	"github.com/contrastlab/contrastlab/internal/registry"
)

//go:embed [0-9]*
var files embed.FS

// Folder is the module of the learner's copies, below the checkout.
const Folder = "exercises"

// Level is how hard an exercise is.
type Level int

const (
	Easy   Level = iota // follows the lesson step by step
	Medium              // a thought of one's own
	Hard                // several thoughts that must fit together
)

func (l Level) String() string {
	return []lang.Text{{En: "easy", Zh: "容易"}, {En: "medium", Zh: "中等"}, {En: "hard", Zh: "较难"}}[l].String()
}

// Exercise is one of them.
type Exercise struct {
	ID       string // its folder, NN-name; NN is the notebook's number
	Title    lang.Text
	Minutes  int
	Level    Level
	Notebook string   // after which it is done, without ".ipynb"
	File     string   // the file in which the learner writes
	Checks   []string // the checks that its test calls, in order, without "check."
}

// All are the exercises in the order of the course.
func All() []Exercise {
	return []Exercise{
		{"01-cosine", lang.Text{En: "The cosine matrix", Zh: "余弦矩阵"}, 10, Easy, "01-pairs-and-cosine", "cosine.go", []string{"CosineMatrix"}},
		{"02-two-views", lang.Text{En: "Two views that can be made again", Zh: "可以重做的两个视图"}, 20, Medium, "02-views", "twoviews.go", []string{"TwoViews"}},
		{"03-infonce", lang.Text{En: "InfoNCE", Zh: "InfoNCE"}, 15, Medium, "03-losses", "infonce.go", []string{"InfoNCE"}},
		{"04-gradients", lang.Text{En: "The gradients of InfoNCE", Zh: "InfoNCE 的梯度"}, 20, Medium, "04-gradients", "gradients.go", []string{"InfoNCEGradients"}},
		{"05-ntxent", lang.Text{En: "NT-Xent and its masks", Zh: "NT-Xent 与它的掩码"}, 25, Medium, "05-simclr", "ntxent.go", []string{"TwoViewMasks", "NTXent"}},
		{"06-collapse", lang.Text{En: "A collapse detector", Zh: "坍缩检测器"}, 30, Hard, "06-collapse", "collapse.go", []string{"Diagnose"}},
		{"07-geometry", lang.Text{En: "Alignment and uniformity", Zh: "对齐性与均匀性"}, 15, Easy, "07-alignment-and-uniformity", "geometry.go", []string{"Alignment", "Uniformity"}},
		{"08-moco", lang.Text{En: "MoCo: encoder, queue, gradient", Zh: "MoCo：编码器、队列、梯度"}, 25, Medium, "08-moco", "moco.go", []string{"EMA", "Enqueue", "MoCoGradients"}},
		{"09-supcon", lang.Text{En: "SupCon", Zh: "SupCon"}, 20, Medium, "09-supcon", "supcon.go", []string{"SupConMask", "SupCon"}},
		{"10-balanced", lang.Text{En: "Balanced batch", Zh: "均衡的批"}, 20, Medium, "10-domains", "balanced.go", []string{"BalancedBatch"}},
		{"11-clip", lang.Text{En: "CLIP", Zh: "CLIP"}, 15, Easy, "11-language", "clip.go", []string{"CLIP", "Retrieve"}},
		{"12-probe", lang.Text{En: "Frozen probe", Zh: "冻结的线性探测"}, 25, Medium, "12-downstream", "probe.go", []string{"Standardize", "ProbeStep"}},
		{"13-on-a-graph", lang.Text{En: "InfoNCE on a graph", Zh: "计算图上的 InfoNCE"}, 25, Medium, "03-losses", "onagraph.go", []string{"InfoNCE", "PairGradients"}},
	}
}

// Find is the exercise that a learner means: by its folder, its number or its name.
func Find(name string) (Exercise, error) {
	name = strings.Trim(strings.TrimPrefix(path.Clean(strings.ReplaceAll(name, `\`, "/")), Folder+"/"), "/")
	var ids []string
	for _, e := range All() {
		number, word, _ := strings.Cut(e.ID, "-")
		if name == e.ID || name == number || name == strings.TrimPrefix(number, "0") || name == word {
			return e, nil
		}
		ids = append(ids, e.ID)
	}
	near := ""
	if n := registry.Nearest(name, ids); n != "" {
		near = lang.Text{En: " (did you mean %q?)", Zh: "（是指 %q 吗？）"}.Sprintf(n)
	}
	return Exercise{}, fmt.Errorf("%s", lang.Text{En: "unknown exercise %q%s; `lab list` shows all", Zh: "没有练习 %q%s；`lab list` 列出全部"}.Sprintf(name, near))
}

// Path is the learner's file below the checkout.
func (e Exercise) Path() string { return path.Join(Folder, e.ID, e.File) }

// Readme is what the learner reads, below the checkout, in the language of messages.
func (e Exercise) Readme() string {
	return path.Join(Folder, e.ID, lang.Text{En: "README.md", Zh: "README.zh-CN.md"}.String())
}

// Stub is the empty file.
func (e Exercise) Stub() []byte { return e.read(strings.TrimSuffix(e.File, ".go") + ".stub") }

// Solution is a file that passes.
func (e Exercise) Solution() []byte { return e.read(e.File) }

// Hints are three, each saying more than the one before, in the language of messages.
func (e Exercise) Hints() []string {
	text := string(e.read(lang.Text{En: "hints.md", Zh: "hints.zh-CN.md"}.String()))
	hints := strings.Split(text, "\n---\n")
	for i := range hints {
		hints[i] = strings.TrimSpace(hints[i])
	}
	return hints
}

// read is an embedded file; that each is there is tested.
func (e Exercise) read(name string) []byte {
	content, err := fs.ReadFile(files, path.Join(e.ID, name))
	if err != nil {
		panic(err)
	}
	return content
}
