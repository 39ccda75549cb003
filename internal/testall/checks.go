package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/contrastlab/contrastlab/internal/course"
	"github.com/contrastlab/contrastlab/internal/exercises"
	"github.com/contrastlab/contrastlab/internal/notebook"
	"github.com/contrastlab/contrastlab/internal/xla"
)

// A test downloads no plugin.
const xlaNoInstall = xla.EnvNoInstall + "=1"

// lint runs the checks that need no test: a command passes when it succeeds and is silent.
func lint(ctx context.Context, root string) counts {
	goFiles, modules, err := sources(root)
	if err != nil {
		fmt.Println(err)
		return counts{failed: 1}
	}
	var got counts
	got.add(check(ctx, root, "gofmt", append([]string{gofmt(), "-l"}, goFiles...)...))
	got.add(check(ctx, root, "go vet", "go", "vet", "./..."))
	got.add(check(ctx, filepath.Join(root, exercises.Folder), "go vet, "+exercises.Folder, "go", "vet", "./..."))
	got.add(check(ctx, root, "staticcheck", filepath.Join(root, ".venv", "bin", "staticcheck"), "./..."))
	for _, dir := range modules {
		name, _ := filepath.Rel(root, dir)
		got.add(check(ctx, dir, "go mod tidy, "+name, "go", "mod", "tidy", "-diff"))
	}
	got.add(lessons(root))
	return got
}

// lessons checks the text course: one problem fails it, a translation that may be stale is only told.
func lessons(root string) counts {
	c, err := course.Read(root)
	if err != nil {
		fmt.Printf("FAIL  lessons\n%v\n", err)
		return counts{failed: 1}
	}
	problems, warnings := c.Check()
	for _, w := range warnings {
		fmt.Printf("WARN  %s\n", w)
	}
	if len(problems) > 0 {
		fmt.Printf("FAIL  lessons\n%s\n", strings.Join(problems, "\n"))
		return counts{failed: 1}
	}
	fmt.Println("ok    lessons")
	return counts{passed: 1}
}

// check runs one command in a folder and says how it went.
func check(ctx context.Context, dir, name string, command ...string) counts {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	text := strings.TrimSpace(string(out))
	switch {
	case err == nil && (text == "" || onlyDownloads(text)):
		fmt.Printf("ok    %s\n", name)
		return counts{passed: 1}
	case offline(text):
		fmt.Printf("skip  %s: it needs the network\n", name)
		return counts{skipped: 1}
	}
	fmt.Printf("FAIL  %s\n%s\n", name, text)
	if err != nil {
		fmt.Println(err)
	}
	return counts{failed: 1}
}

func onlyDownloads(text string) bool {
	for line := range strings.SplitSeq(text, "\n") {
		if !strings.HasPrefix(line, "go: downloading ") {
			return false
		}
	}
	return true
}

// offline recognizes Go's ways of saying that a module cannot be fetched for lack of a network.
func offline(text string) bool {
	for _, sign := range []string{"dial tcp", "no such host", "network is unreachable", "module lookup disabled by GOPROXY=off"} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}

// gofmt is the one of the Go distribution in use.
func gofmt() string {
	if out, err := exec.Command("go", "env", "GOROOT").Output(); err == nil {
		tool := filepath.Join(string(bytes.TrimSpace(out)), "bin", "gofmt")
		if _, err := os.Stat(tool); err == nil {
			return tool
		}
	}
	return "gofmt"
}

// sources lists the Go files and the module folders of a checkout, hidden folders and testdata left out.
func sources(root string) (goFiles, modules []string, err error) {
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch name := d.Name(); {
		case d.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules"):
			return filepath.SkipDir
		case filepath.Ext(name) == ".go" && d.Type().IsRegular():
			goFiles = append(goFiles, path)
		case name == "go.mod":
			modules = append(modules, filepath.Dir(path))
		}
		return nil
	})
	return goFiles, modules, err
}

// notebooks runs all notebooks in quick mode.
func notebooks(ctx context.Context, root string) counts {
	files, err := notebook.All(root)
	if err != nil {
		fmt.Println(err)
		return counts{failed: 1}
	}
	var got counts
	var results []notebook.Result
	for _, file := range files {
		result, err := notebook.Run(ctx, file, notebook.Options{Root: root, Timeout: 15 * time.Minute})
		if err != nil {
			result.Problems = append(result.Problems, err.Error())
		}
		if result.Passed() {
			got.passed++
		} else {
			got.failed++
		}
		fmt.Printf("ran   %s\n", result.Notebook)
		results = append(results, result)
	}
	if len(results) > 0 {
		notebook.Table(os.Stdout, results)
	}
	return got
}
