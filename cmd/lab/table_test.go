package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/exercises"
	"github.com/contrastlab/contrastlab/internal/lang"
)

// A Chinese character takes two columns of a terminal and a color none: what stands below one another begins, or to the
// right ends, in one column all the same.
func TestTableCountsColumns(t *testing.T) {
	var b bytes.Buffer
	writeTable(&b, [][]string{
		{"预测", "预期", "实测", ""},
		{"infonce", "0.5", "0.4812", "接近"},
		{"\x1b[32m✓\x1b[0m 损失", "12.25", "–", "no"},
	}, 1, 3)
	require.Equal(t, strings.Join([]string{
		"预测      预期    实测",
		strings.Repeat("─", 28),
		"infonce    0.5  0.4812  接近",
		"\x1b[32m✓\x1b[0m 损失   12.25       –  no",
		"",
	}, "\n"), b.String())
}

func TestListInChinese(t *testing.T) {
	inClass(t)
	t.Setenv(lang.Env, "zh-CN")
	code, out, _ := lab("list")
	require.Equal(t, exitOK, code)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	all := exercises.All()
	require.Len(t, lines, len(all)+1)
	ends, starts := map[int]bool{}, map[int]bool{}
	for i, e := range all {
		line := "  " + strings.TrimLeft(lines[i], " ") // the first may have lost its indent
		before, _, ok := strings.Cut(line, e.Title.String())
		require.True(t, ok, "%q names its exercise", line)
		starts[lang.Width(before)] = true
		before, _, ok = strings.Cut(line, " 分钟")
		require.True(t, ok, "%q says how long it takes", line)
		ends[lang.Width(before)] = true
	}
	require.Len(t, starts, 1, "titles begin in different columns:\n%s", out)
	require.Len(t, ends, 1, "minutes end in different columns:\n%s", out)
}

func TestPredictionsInChinese(t *testing.T) {
	inClass(t)
	t.Setenv(lang.Env, "zh-CN")
	code, _, stderr := lab("predict", "my-question", "0.5")
	require.Equal(t, exitOK, code, stderr)
	_, out, _ := lab("predict")
	lines := strings.Split(out, "\n")
	require.Greater(t, len(lines), 2)
	column := func(line, until string) int {
		before, _, ok := strings.Cut(line, until)
		require.True(t, ok, "%q has %q", line, until)
		return lang.Width(before + until)
	}
	require.Equal(t, column(lines[0], "预期"), column(lines[2], "0.5"), "a number ends below its header:\n%s", out)
}
