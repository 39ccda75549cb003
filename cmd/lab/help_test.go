package main

import (
	"flag"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestHelp(t *testing.T) {
	code, overview, _ := lab()
	require.Equal(t, exitOK, code)
	_, same, _ := lab("--help")
	require.Equal(t, overview, same)
	for _, c := range commands() {
		require.Contains(t, overview, "lab "+c.name)
		code, text, stderr := lab("help", c.name)
		require.Equal(t, exitOK, code, stderr)
		require.Contains(t, text, c.usage())
		fs, _ := c.flags()
		fs.VisitAll(func(f *flag.Flag) {
			require.Contains(t, text, "\n  -"+f.Name, "lab help %s", c.name)
			require.NotEmpty(t, f.Usage)
		})
		for _, arg := range []string{"-h", "--help"} {
			code, same, _ := lab(c.name, arg)
			require.Equal(t, exitOK, code)
			require.Equal(t, text, same)
		}
		for _, example := range c.examples {
			name, _, _ := strings.Cut(strings.TrimPrefix(example, "lab "), " ")
			require.Equal(t, c.name, name, example)
		}
	}
	for _, topic := range topics() {
		require.Contains(t, overview, "lab help "+topic.name)
		code, text, _ := lab("help", topic.name)
		require.Equal(t, exitOK, code)
		require.NotEmpty(t, text)
	}
	_, all, _ := lab("help", "all")
	for line := range strings.Lines(all) {
		require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimRight(line, "\n")), 100, line)
	}
	for _, want := range []string{"GOMLX_BACKEND", "LAB_DEBUG", "130", "runs/NAME/config.json", "temperature", "batch_size"} {
		require.Contains(t, all, want)
	}
}

// TestSettingsAreExplained fails for a hyperparameter that help has no words for.
func TestSettingsAreExplained(t *testing.T) {
	groups, err := allSettings()
	require.NoError(t, err)
	require.Greater(t, len(groups), 5)
	for _, g := range groups {
		for _, s := range g.settings {
			require.NotEmpty(t, s.about, "%s of %s: give its field a `help:\"...\"` tag, or name it in abouts", s.name, g.title)
		}
	}
	require.True(t, isHyperparameter("temperature"))
	require.False(t, isHyperparameter("method"))
}

func TestVersion(t *testing.T) {
	code, text, _ := lab("version")
	require.Equal(t, exitOK, code)
	require.Contains(t, text, "go1.")
	_, same, _ := lab("--version")
	require.Equal(t, text, same)
}
