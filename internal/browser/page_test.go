package browser

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// tab is a page in a headless browser, and what went wrong in it.
type tab struct {
	ctx context.Context
	t   *testing.T

	mu       sync.Mutex
	problems []string
}

// open starts a browser; without one the test is skipped, loudly.
func open(t *testing.T, width, height int) *tab {
	path, err := Find()
	if err != nil {
		t.Skipf("NOT TESTED IN A BROWSER: %v", err)
	}
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), chromedp.ExecPath(path), chromedp.WindowSize(width, height),
		chromedp.NoSandbox, // no user namespaces in containers; all pages are the project's own
		chromedp.Headless, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true))
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	p := &tab{ctx: ctx, t: t}
	chromedp.ListenTarget(ctx, p.watch)
	require.NoError(t, chromedp.Run(ctx, network.Enable(), log.Enable(), runtime.Enable(),
		emulation.SetFocusEmulationEnabled(true), cdppage.BringToFront())) // JupyterLab waits while it is hidden
	return p
}

// watch gathers errors and requests that leave this machine.
func (p *tab) watch(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		p.problem("exception: %s", e.ExceptionDetails.Error())
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError {
			var words []string
			for _, a := range e.Args {
				words = append(words, a.Description+string(a.Value))
			}
			p.problem("console: %s", strings.Join(words, " "))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError {
			p.problem("log: %s %s", e.Entry.Text, e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(e.Request.URL)
		if err != nil || strings.HasPrefix(u.Scheme, "http") && u.Hostname() != "127.0.0.1" && u.Hostname() != "localhost" {
			p.problem("request to another host: %s", e.Request.URL)
		}
	}
}

func (p *tab) problem(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.problems = append(p.problems, fmt.Sprintf(format, args...))
}

// healthy fails the test if anything went wrong since the last call.
func (p *tab) healthy(where string) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, problem := range p.problems {
		p.t.Errorf("%s: %s", where, problem)
	}
	p.problems = nil
}

func (p *tab) run(limit time.Duration, actions ...chromedp.Action) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, limit)
	defer cancel()
	require.NoError(p.t, chromedp.Run(ctx, actions...))
}

// value is what a JavaScript expression gives.
func value[T any](p *tab, expression string) (v T) {
	p.t.Helper()
	p.run(time.Minute, chromedp.Evaluate(expression, &v))
	return v
}

// until waits for a JavaScript expression to be true.
func (p *tab) until(limit time.Duration, what, expression string) {
	p.t.Helper()
	deadline := time.Now().Add(limit)
	for !value[bool](p, expression) {
		if time.Now().After(deadline) {
			p.healthy("while waiting")
			p.shoot("failed")
			p.t.Fatalf("%s: not within %s", what, limit)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// ShotsEnv names a folder for screenshots, of failures and of what a person should look at now and then.
const ShotsEnv = "CONTRASTLAB_SHOTS"

// shoot keeps a screenshot, if asked to.
func (p *tab) shoot(name string) {
	folder := os.Getenv(ShotsEnv)
	if folder == "" {
		return
	}
	var png []byte
	p.run(time.Minute, chromedp.CaptureScreenshot(&png))
	require.NoError(p.t, os.WriteFile(filepath.Join(folder, strings.ReplaceAll(p.t.Name()+"-"+name+".png", "/", "-")), png, 0o600))
}

// point moves the pointer to the middle of the n-th node that a selector finds, scrolled into view.
func (p *tab) point(selector string, n int, dx, dy float64) {
	p.t.Helper()
	at := value[[]float64](p, fmt.Sprintf(`(function () {
		var e = document.querySelectorAll(%q)[%d];
		e.scrollIntoView({block: "center"});
		var r = e.getBoundingClientRect();
		return [r.left + r.width * %g, r.top + r.height * %g];
	})()`, selector, n, dx, dy))
	p.run(time.Minute, chromedp.ActionFunc(func(ctx context.Context) error {
		for _, step := range []float64{3, 0} { // a move, not an appearance
			if err := input.DispatchMouseEvent(input.MouseMoved, at[0]-step, at[1]-step).Do(cdp.WithExecutor(ctx, chromedp.FromContext(ctx).Target)); err != nil {
				return err
			}
		}
		return nil
	}))
}
