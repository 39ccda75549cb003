package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// event is a line of `go test -json`.
type event struct {
	Action      string
	Package     string
	ImportPath  string // of a build event
	Test        string
	Elapsed     float64
	Output      string
	FailedBuild string
}

// goTests runs the tests of every package below the root. Two packages at a time: XLA uses all cores by itself.
func goTests(ctx context.Context, root, pattern string) counts {
	args := []string{"test", "-json", "-p", "2", "-timeout", "15m"}
	if pattern != "" {
		args = append(args, "-run", pattern)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, "./...")...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), xlaNoInstall)
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Println("go test:", err)
		return counts{failed: 1}
	}
	got := readEvents(out, os.Stdout)
	if err := cmd.Wait(); err != nil && got.failed == 0 {
		fmt.Println("go test:", err)
		got.failed++
	}
	return got
}

// readEvents counts top-level tests and prints a line for each package, with the output of what failed.
func readEvents(r io.Reader, w io.Writer) counts {
	var total counts
	output := map[string]*strings.Builder{} // by package and test
	failedIn := map[string]int{}            // failed tests of a package
	ranIn := map[string]int{}
	open := map[string]map[string]bool{} // tests of a package that have not ended
	at := func(e event) string { return e.Package + e.ImportPath + "\x00" + e.Test }

	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil || e.Action == "" {
			fmt.Fprintln(w, lines.Text()) // not an event: a message of go itself
			continue
		}
		topLevel := e.Test != "" && !strings.Contains(e.Test, "/")
		switch e.Action {
		case "output", "build-output":
			if output[at(e)] == nil {
				output[at(e)] = &strings.Builder{}
			}
			output[at(e)].WriteString(e.Output)
			continue
		case "run":
			if open[e.Package] == nil {
				open[e.Package] = map[string]bool{}
			}
			open[e.Package][e.Test] = true
			continue
		case "pass", "fail", "skip":
			if e.Test != "" {
				delete(open[e.Package], e.Test)
			}
		default:
			continue
		}
		switch {
		case e.Test == "":
			total.add(packageDone(w, e, failedIn[e.Package], ranIn[e.Package], open[e.Package], output))
		case e.Action == "fail":
			if o := output[at(e)]; o != nil {
				fmt.Fprint(w, o.String())
			}
			if topLevel {
				total.failed++
				failedIn[e.Package]++
			}
		case topLevel && e.Action == "pass":
			total.passed++
			ranIn[e.Package]++
		case topLevel:
			total.skipped++
			// Why a test did not run is worth a line.
			if o := output[at(e)]; o != nil {
				fmt.Fprint(w, o.String())
			}
		}
		delete(output, at(e))
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(w, "go test -json:", err)
		total.failed++
	}
	return total
}

// packageDone prints a package's line. A package that failed without a failed test did not build, or its process died:
// that is one failure, shown with all there is.
func packageDone(w io.Writer, e event, failed, ran int, open map[string]bool, output map[string]*strings.Builder) counts {
	if e.Action != "fail" {
		if ran > 0 {
			fmt.Fprintf(w, "ok    %-60s %6.1f s  %d tests\n", e.Package, e.Elapsed, ran)
		}
		return counts{}
	}
	fmt.Fprintf(w, "FAIL  %-60s %6.1f s\n", e.Package, e.Elapsed)
	if failed > 0 && len(open) == 0 {
		return counts{}
	}
	shown := []string{e.FailedBuild + "\x00", e.Package + "\x00"}
	for test := range open {
		shown = append(shown, e.Package+"\x00"+test)
	}
	for _, key := range shown {
		if o := output[key]; o != nil && o.Len() > 0 {
			fmt.Fprintln(w, strings.TrimRight(o.String(), "\n"))
		}
	}
	return counts{failed: 1}
}
