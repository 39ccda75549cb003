package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/xla"
)

// The image is built elsewhere; what can be seen without building it is that its files agree with one another and with
// the rest of the repository.

func repository(t *testing.T, path ...string) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	return filepath.Join(append([]string{root}, path...)...)
}

func text(t *testing.T, path ...string) string {
	t.Helper()
	raw, err := os.ReadFile(repository(t, path...))
	require.NoError(t, err)
	return string(raw)
}

func TestDockerfile(t *testing.T) {
	file := text(t, "Dockerfile")
	// A name without a host: which registry it comes from is the machine's to say, and the digest says that it is the one.
	require.Regexp(t, `(?m)^ARG BASE=[a-z]+:[a-z0-9.-]+@sha256:[0-9a-f]{64}$`, file)
	require.Regexp(t, `(?m)^CADDY=\$\{CADDY:-[a-z]+:[a-z0-9.-]+@sha256:[0-9a-f]{64}\}$`, text(t, "class", "new.sh"))
	for _, from := range regexp.MustCompile(`(?m)^FROM (\S+)`).FindAllStringSubmatch(file, -1) {
		require.Equal(t, "${BASE}", from[1], "every stage stands on the pinned base")
	}
	require.NotRegexp(t, `go1?\.?[0-9]+\.[0-9]+`, file, "the version of Go is in go.mod and nowhere else")

	ignored := dockerignore(t)
	for _, line := range regexp.MustCompile(`(?m)^COPY ([^-\n].*)$`).FindAllStringSubmatch(file, -1) {
		words := strings.Fields(line[1])
		for _, source := range words[:len(words)-1] {
			require.FileExists(t, repository(t, source, map[bool]string{true: "go.mod"}[source == "." || source == "internal/tools"]))
			require.NotContains(t, ignored, source)
		}
	}

	setup := text(t, "scripts", "setup.sh")
	for _, run := range regexp.MustCompile(`(?m)^RUN .*scripts/setup\.sh ([a-z]+)`).FindAllStringSubmatch(file, -1) {
		for _, part := range []string{"\ndo_" + run[1] + "() {", "\nkey_" + run[1] + "() {", "\nstage " + run[1] + " "} {
			require.Contains(t, setup, part)
		}
	}
	start := text(t, "docker", "start.sh")
	home := regexp.MustCompile(`(?m)^LAB=(\S+)$`).FindStringSubmatch(start)[1]
	require.Contains(t, file, "\nWORKDIR "+home+"\n")
	require.Contains(t, file, xla.EnvVenv+"="+home+"/.venv ")
	require.Contains(t, file, xla.EnvNoInstall+"=1 ")
	require.Contains(t, file, home+"/docker/start.sh")
	require.Contains(t, file, "\nEXPOSE 8888\n")
	require.Contains(t, text(t, "scripts", "lab.sh"), "${PORT:-8888}")
	require.Contains(t, text(t, "class", "new.sh"), ":8888")
	require.Contains(t, file, "--uid 1000 --gid 100 jovyan")
	require.Contains(t, start, `"${NB_USER:-jovyan}" "${NB_UID:-1000}" "${NB_GID:-100}"`)
	require.Contains(t, text(t, ".devcontainer", "devcontainer.json"), home+"/.venv .venv")
}

// What git must not have, an image must not have either: runs, tokens of a class, whatever was built.
func TestDockerignore(t *testing.T) {
	ignored := dockerignore(t)
	for line := range strings.Lines(text(t, ".gitignore")) {
		pattern := strings.TrimSuffix(strings.TrimSpace(line), "/")
		if anchored, ok := strings.CutPrefix(pattern, "/"); ok {
			pattern = anchored
		} else {
			pattern = "**/" + pattern
		}
		require.Contains(t, ignored, pattern, "a line of .gitignore without its like in .dockerignore")
	}
	require.Contains(t, ignored, ".git")
}

func dockerignore(t *testing.T) []string {
	t.Helper()
	return strings.Fields(regexp.MustCompile(`(?m)^#.*$`).ReplaceAllString(text(t, ".dockerignore"), ""))
}

func TestScripts(t *testing.T) {
	var files []string
	for _, dir := range []string{"scripts", "docker", "class"} {
		found, err := filepath.Glob(repository(t, dir, "*.sh"))
		require.NoError(t, err)
		require.NotEmpty(t, found)
		files = append(files, found...)
	}
	for _, file := range files {
		out, err := exec.Command("bash", "-n", file).CombinedOutput()
		require.NoError(t, err, string(out))
		info, err := os.Stat(file)
		require.NoError(t, err)
		require.NotZero(t, info.Mode()&0o111, "%s cannot be run", file)
	}
	if _, err := exec.LookPath("shellcheck"); err != nil {
		t.Log("shellcheck is not here: only the grammar of the scripts was checked")
		return
	}
	out, err := exec.Command("shellcheck", files...).CombinedOutput()
	require.NoError(t, err, string(out))
}

// What the image's test runs first is what every notebook runs first.
func TestImageTestUsesTheSetUpCell(t *testing.T) {
	var notebook struct {
		Cells []struct {
			Type   string `json:"cell_type"`
			Source []string
		}
	}
	require.NoError(t, json.Unmarshal([]byte(text(t, "notebooks", "00-tour.ipynb")), &notebook))
	first := slices.IndexFunc(notebook.Cells, func(c struct {
		Type   string `json:"cell_type"`
		Source []string
	}) bool {
		return c.Type == "code"
	})
	cell := strings.ReplaceAll(strings.Join(notebook.Cells[first].Source, ""), "\n", `\n`)
	require.Contains(t, text(t, "docker", "firstcell.py"), "SETUP = '"+cell+"'\n")
	for _, name := range regexp.MustCompile(`notebooks/\S+\.ipynb`).FindAllString(text(t, "scripts", "image.sh"), -1) {
		require.FileExists(t, repository(t, name))
	}
}

func TestWorkFolder(t *testing.T) {
	lab := t.TempDir()
	write := func(dir, name, content string) {
		t.Helper()
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644))
	}
	read := func(dir, name string) string {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return ""
		}
		return string(raw)
	}
	write(lab, "go.mod", "module "+xla.Module+"\n")
	write(lab, "notebooks/00.ipynb", "{}")
	write(lab, ".venv/bin/python", "")
	write(lab, ".image", "one\n")
	fill := func(work string) string {
		t.Helper()
		out, err := exec.Command(repository(t, "docker", "workfolder.sh"), lab, work).CombinedOutput()
		require.NoError(t, err, string(out))
		return string(out)
	}

	work := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(work, "lost+found"), 0o755))
	require.Empty(t, fill(work))
	require.Equal(t, "{}", read(work, "notebooks/00.ipynb"))
	link, err := os.Readlink(filepath.Join(work, ".venv"))
	require.NoError(t, err)
	require.Equal(t, filepath.Join(lab, ".venv"), link)

	// What the learner did stays, and a newer image only says so.
	write(work, "notebooks/00.ipynb", "mine")
	require.NoError(t, os.Remove(filepath.Join(work, ".venv")))
	write(lab, ".image", "two\n")
	require.Contains(t, fill(work), "another version")
	require.Equal(t, "mine", read(work, "notebooks/00.ipynb"))
	require.FileExists(t, filepath.Join(work, ".venv", "bin", "python"))

	// A copy that was cut off is completed.
	cut := t.TempDir()
	write(cut, ".copying", "")
	write(cut, "notebooks/00.ipynb", "{")
	require.Empty(t, fill(cut))
	require.Equal(t, "{}", read(cut, "notebooks/00.ipynb"))
	require.NoFileExists(t, filepath.Join(cut, ".copying"))

	// Another's folder is left alone.
	other := t.TempDir()
	write(other, "thesis.tex", "")
	require.Contains(t, fill(other), "something else")
	entries, err := os.ReadDir(other)
	require.NoError(t, err)
	require.Len(t, entries, 1)
}
