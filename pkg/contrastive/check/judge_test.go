package check

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/lang"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

func TestSelfTest(t *testing.T) { require.NoError(t, SelfTest()) }

// A learner's own way of writing it must pass too: the check compares numbers, not code.
func TestInfoNCEOtherWay(t *testing.T) {
	t.Setenv(ReportEnv, filepath.Join(t.TempDir(), "r"))
	other := func(q, k [][]float64, temperature float64) float64 {
		loss := 0.0
		for i := range q {
			below := 0.0
			for j := range k {
				below += math.Exp((oracle.Cosine(q[i], k[j]) - oracle.Cosine(q[i], k[i])) / temperature)
			}
			if math.IsInf(below, 1) { // the positive is worse than a negative by far
				worst := math.Inf(-1)
				for j := range k {
					worst = max(worst, (oracle.Cosine(q[i], k[j])-oracle.Cosine(q[i], k[i]))/temperature)
				}
				loss += worst
				continue
			}
			loss += math.Log(below)
		}
		return loss / float64(len(q))
	}
	require.True(t, InfoNCE(other).Passed())
}

func TestTwoMistakesAtOnce(t *testing.T) {
	s := infoNCESpec()
	r := s.judge(s.with(sumForMean | dotForCosine))
	require.False(t, r.Passed())
	require.Len(t, r.Mistakes, 2)
	require.Equal(t, "dot-for-cosine", r.Mistakes[0].ID)
	require.Equal(t, "sum-for-mean", r.Mistakes[1].ID)
}

func TestUnknownMistake(t *testing.T) {
	s := infoNCESpec()
	r := s.judge(func(q, k [][]float64, temperature float64) float64 { return 0.5 + oracle.InfoNCE(q, k, temperature) })
	require.False(t, r.Passed())
	require.Empty(t, r.Mistakes)
}

func TestPanicIsARow(t *testing.T) {
	t.Setenv(lang.Env, "en")
	s := infoNCESpec()
	r := s.judge(func(q, _ [][]float64, _ float64) float64 { return q[len(q)][0] })
	require.False(t, r.Passed())
	require.Len(t, r.Rows, len(s.rows))
	require.Regexp(t, `^panics.*index out of range`, r.Rows[0].Detail)
}

type fake struct{ failed bool }

func (*fake) Helper() {}
func (f *fake) Fail() { f.failed = true }

func TestReportForms(t *testing.T) {
	t.Setenv(lang.Env, "en")
	path := filepath.Join(t.TempDir(), "reports")
	t.Setenv(ReportEnv, path)
	var tester fake
	s := infoNCESpec()
	InfoNCE(s.with(sumForMean)).Test(&tester)
	require.True(t, tester.failed)
	tester.failed = false
	InfoNCE(s.with(0)).Test(&tester)
	require.False(t, tester.failed)

	content, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	require.Len(t, lines, 2)
	var r Report
	require.NoError(t, json.Unmarshal([]byte(lines[0]), &r))
	require.Equal(t, "InfoNCE", r.Check)
	text := r.String()
	require.Contains(t, text, "✗ the value, on 20 random batches")
	require.Contains(t, text, "✓ one pair")
	require.Contains(t, text, "divide by their number")
	require.Contains(t, text, "read lessons/en/03-losses.md#practice")
	require.NotContains(t, text, "\x1b[")

	t.Setenv(lang.Env, "zh")
	text = s.judge(s.with(sumForMean)).String()
	require.Contains(t, text, "参阅 lessons/zh-CN/03-losses.md#practice")
}

// Every mistake points to a section that is there, in both languages.
func TestLessonsExist(t *testing.T) {
	for _, language := range []string{"en", "zh"} {
		t.Setenv(lang.Env, language)
		for _, one := range catalog() {
			for _, path := range one.lessons() {
				file, anchor, _ := strings.Cut(path, "#")
				content, err := os.ReadFile(filepath.Join("../../..", file))
				require.NoError(t, err)
				require.Contains(t, string(content), `<a id="`+anchor+`"></a>`, path)
			}
		}
	}
}

func TestStandard(t *testing.T) {
	for _, function := range []string{"runtime.goPanicIndex", "math/rand/v2.(*Rand).IntN", "slices.Max[...]", "slices.SortFunc[go.shape.[]github.com/a/b.T]", "testing.tRunner"} {
		require.True(t, standard(function), function)
	}
	for _, function := range []string{"main.CosineMatrix", "main.main.func1", "github.com/contrastlab/contrastlab/exercises/01-cosine.CosineMatrix", "example.org/x.F.func1"} {
		require.False(t, standard(function), function)
	}
}
