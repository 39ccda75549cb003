package browser

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/course"
	"github.com/contrastlab/contrastlab/internal/course/site"
	"github.com/contrastlab/contrastlab/internal/xla"
)

const (
	handedOver = `document.documentElement.innerHTML.split("contrastlabQueue||[]).push(").length - 1`
	drawn      = `document.querySelectorAll('[data-lab-chart="live"]').length`
)

// Every page of the exported site opens from the disk, wide and narrow, without an error, without a request to another
// host and without scrolling sideways; every chart is drawn; pointing at one shows a value.
func TestSite(t *testing.T) {
	wide := open(t, 1280, 900)
	folder := filepath.Join(t.TempDir(), "site")
	c, err := course.Read(xla.This().Root())
	require.NoError(t, err)
	_, err = site.Write(c, folder)
	require.NoError(t, err)
	pages, err := filepath.Glob(filepath.Join(folder, "*.html"))
	require.NoError(t, err)
	for _, below := range []string{"notebooks/*.html", "lessons/*.html", "lessons/*/*.html"} {
		more, err := filepath.Glob(filepath.Join(folder, filepath.FromSlash(below)))
		require.NoError(t, err)
		pages = append(pages, more...)
	}
	narrow := open(t, 400, 800)
	pointed := false
	for _, page := range pages {
		name, err := filepath.Rel(folder, page)
		require.NoError(t, err)
		for _, p := range []*tab{wide, narrow} {
			p.run(time.Minute, chromedp.Navigate("file://"+page), chromedp.WaitReady("main"))
			p.until(30*time.Second, name+": its charts drawn", drawn+" >= "+handedOver)
			require.NotEmpty(t, value[string](p, "document.title"), name)
			require.LessOrEqual(t, value[float64](p, "document.documentElement.scrollWidth - window.innerWidth"), 1.0, "%s is wider than the window", name)
			require.Zero(t, value[int](p, `document.querySelectorAll("img:not([alt]), img[alt='']").length`), "%s: pictures without alternative text", name)
			p.healthy(name)
		}
		if strings.HasPrefix(name, "notebooks") && !pointed && value[int](wide, drawn) > 0 {
			pointed = tooltip(wide)
		}
	}
	require.True(t, pointed, "no chart showed a value under the pointer")
}

// tooltip points at the charts of a page until one shows what is under the pointer.
func tooltip(p *tab) bool {
	for i := range value[int](p, `document.querySelectorAll('[data-lab-chart="live"] canvas').length`) {
		p.point(`[data-lab-chart="live"] canvas`, i, 0.45, 0.55)
		time.Sleep(300 * time.Millisecond)
		// ECharts' tooltip is a box of its own beside the canvas.
		if value[bool](p, `Array.from(document.querySelectorAll('[data-lab-chart="live"] > div > div')).some(e => !e.querySelector("canvas") && e.innerText.trim() !== "" && getComputedStyle(e).visibility !== "hidden" && getComputedStyle(e).opacity !== "0")`) {
			return true
		}
	}
	return false
}
