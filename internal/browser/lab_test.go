package browser

import (
	"bufio"
	"encoding/json"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/notebook"
	"github.com/contrastlab/contrastlab/internal/xla"
)

// A trusted notebook in JupyterLab, as `make lab` serves it: its saved charts are pictures until the set-up cells run;
// then they are live, and pointing at one shows a value. Its link to the lesson opens the lesson as text.
func TestNotebookInJupyterLab(t *testing.T) {
	p := open(t, 1400, 1000)
	address := startLab(t)
	p.run(time.Minute, chromedp.Navigate(address))
	p.until(time.Minute, "the notebook", `!!document.querySelector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-MarkdownCell h1")`)
	require.Zero(t, value[int](p, drawn), "nothing has run yet")

	// The kernel's status is unknown until it has run a cell, and a cell that is run before it listens may be lost. The
	// first set-up cell can be run again: it is, until the kernel answers, and once more before the second.
	run := func() {
		p.run(time.Minute, chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(input.ModifierShift))) // runs a cell and goes on
		time.Sleep(500 * time.Millisecond)
	}
	first := func() {
		p.run(time.Minute, chromedp.Click(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell .jp-InputPrompt", chromedp.ByQuery))
		run()
	}
	for range 30 {
		first()
		if value[bool](p, `document.body.innerText.includes("| Idle")`) {
			break
		}
		time.Sleep(time.Second)
	}
	first()
	run()
	p.until(2*time.Minute, "the set-up cells", `!!document.querySelector("[data-lab='contrastlab-echarts']")`)
	// JupyterLab puts a cell into the page when it comes near.
	p.run(time.Minute, chromedp.Evaluate(`(function () {
		var i = 0;
		window.scrolling = setInterval(function () { var cells = document.querySelectorAll(".jp-Notebook .jp-Cell"); cells[i++ % cells.length].scrollIntoView(); }, 200);
	})()`, nil))
	p.until(time.Minute, "the live charts", drawn+" >= "+strconv.Itoa(charts(t)))
	p.run(time.Minute, chromedp.Evaluate(`clearInterval(window.scrolling)`, nil))
	require.Zero(t, value[int](p, `document.querySelectorAll('[data-lab-chart="failed"]').length`))
	require.True(t, tooltip(p), "no chart showed a value under the pointer")
	p.shoot("charts")

	p.run(time.Minute, chromedp.Evaluate(`document.querySelector(".jp-MarkdownCell a[href*='lessons/en/']").click()`, nil))
	p.until(time.Minute, "the lesson", `!!document.querySelector(".jp-MarkdownViewer h1") && document.querySelector(".jp-MarkdownViewer h1").innerText.includes("SimCLR")`)
	p.shoot("lesson")
	p.healthy("JupyterLab")
}

const shown = "05-simclr.ipynb"

// charts counts the live charts that the notebook's saved outputs hold.
func charts(t *testing.T) (n int) {
	raw, err := os.ReadFile(filepath.Join(xla.This().Root(), "notebooks", shown))
	require.NoError(t, err)
	var doc notebook.Document
	require.NoError(t, json.Unmarshal(raw, &doc))
	for _, cell := range doc.Cells {
		for _, out := range cell.Outputs {
			if live.MatchString(out.Shown("text/html")) {
				n++
			}
		}
	}
	require.NotZero(t, n)
	return n
}

var (
	live         = regexp.MustCompile(`contrastlabQueue\|\|\[\]\)\.push\(`)
	tokenAddress = regexp.MustCompile(`http://127\.0\.0\.1:(\d+)/\S*token=(\w+)`)
)

// startLab starts JupyterLab as `make lab` does, on a trusted copy of the notebook, and returns where that is open. The
// copy lies in a folder beside notebooks/, where its set-up cell finds the checkout and its links find the lessons. Without Jupyter the test is skipped.
func startLab(t *testing.T) string {
	root := xla.This().Root()
	python := filepath.Join(root, ".venv", "bin", "python")
	if out, err := exec.Command(python, "-c", "import jupyterlab").CombinedOutput(); err != nil {
		t.Skipf("NOT TESTED IN JUPYTERLAB: %v (%s): run `make setup`", err, out)
	}
	work, err := os.MkdirTemp(root, ".run-browser-*")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(work)) })
	saved, err := os.ReadFile(filepath.Join(root, "notebooks", shown))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(work, shown), saved, 0o600))

	settings := t.TempDir() // nothing of the user's is read or written
	environment := append(os.Environ(), "JUPYTER_CONFIG_DIR="+filepath.Join(settings, "config"), "JUPYTER_DATA_DIR="+filepath.Join(settings, "data"),
		"JUPYTER_RUNTIME_DIR="+filepath.Join(settings, "runtime"), "PORT="+freePort(t))
	trust := exec.Command(python, "-m", "jupyter", "trust", filepath.Join(work, shown))
	trust.Env = environment
	out, err := trust.CombinedOutput()
	require.NoError(t, err, "%s", out)

	lab := exec.Command(filepath.Join(root, "scripts", "lab.sh"), "--ContentsManager.allow_hidden=True")
	lab.Env = environment
	lab.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	messages, err := lab.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, lab.Start())
	var said []string
	read := make(chan struct{}) // closed when said is whole
	t.Cleanup(func() {
		_ = syscall.Kill(-lab.Process.Pid, syscall.SIGTERM)
		select {
		case <-read:
		case <-time.After(10 * time.Second):
			_ = syscall.Kill(-lab.Process.Pid, syscall.SIGKILL)
			<-read
		}
		_ = lab.Wait()
		if t.Failed() {
			t.Logf("JupyterLab said: %q", said)
		}
	})
	address := make(chan string, 1)
	go func() {
		defer close(read)
		lines := bufio.NewScanner(messages)
		for lines.Scan() { // to the end, or the server would block
			said = append(said, lines.Text())
			if m := tokenAddress.FindStringSubmatch(lines.Text()); m != nil {
				select {
				case address <- "http://127.0.0.1:" + m[1] + "/lab/tree/" + filepath.Base(work) + "/" + shown + "?token=" + m[2]:
				default: // known already
				}
			}
		}
	}()
	select {
	case a := <-address:
		listening(t, a)
		return a
	case <-read:
		t.Fatal("JupyterLab ended before it served")
	case <-time.After(90 * time.Second):
		t.Fatal("JupyterLab does not serve within 90 s")
	}
	return ""
}

// listening waits for an address to be served: Jupyter prints it just before it listens.
func listening(t *testing.T, address string) {
	u, err := url.Parse(address)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", u.Host)
		return err == nil && c.Close() == nil
	}, 30*time.Second, 50*time.Millisecond, "%s does not listen", u.Host)
}

func freePort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}
