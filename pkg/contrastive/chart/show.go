package chart

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/contrastlab/contrastlab/pkg/contrastive/chart/internal/echarts"
)

// FolderEnv names the variable that says where [Show] writes outside a notebook; "charts" if it is not set.
const FolderEnv = "CONTRASTLAB_CHARTS"

// maxTwice is the size in bytes up to which a notebook also stores the static picture as image/png, for exports that
// take no HTML. A larger one is only inside the HTML.
const maxTwice = 24 << 10

// Show puts a chart before the reader; a title, if given, replaces the chart's. In a GoNB notebook it becomes the
// cell's output. Elsewhere it is written as an HTML file, and its path printed. A chart that cannot be made is
// reported on standard error and as the error.
func Show(c *Chart, title ...string) error {
	err := show(c, title)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return err
}

func show(c *Chart, title []string) error {
	if c == nil {
		return fmt.Errorf("chart: Show of a nil chart")
	}
	if len(title) > 0 {
		copied := *c
		copied.Title = strings.Join(title, " ")
		c = &copied
	}
	if !gonbui.IsNotebook {
		path, err := writeFile(c)
		if err != nil {
			return err
		}
		fmt.Printf("chart %q: %s\n", c.Title, path)
		return c.err
	}
	data, err := c.display()
	if err != nil {
		return err
	}
	send(data, "")
	return c.err
}

// display is the chart in all its forms.
func (c *Chart) display() (map[protocol.MIMEType]any, error) {
	png, err := c.PNG()
	if err != nil {
		return nil, err
	}
	html, err := c.fragment(png, "")
	if err != nil {
		return nil, err
	}
	data := map[protocol.MIMEType]any{protocol.MIMETextHTML: html, protocol.MIMETextPlain: c.Text()}
	if len(png) <= maxTwice {
		data[protocol.MIMEImagePNG] = png
	}
	return data, nil
}

func send(data map[protocol.MIMEType]any, displayID string) {
	gonbui.SendData(&protocol.DisplayData{Data: data, Metadata: map[string]any{}, DisplayID: displayID})
	gonbui.Sync()
}

// writeFile writes a page with one chart under a name that is free.
func writeFile(c *Chart) (string, error) {
	folder := os.Getenv(FolderEnv)
	if folder == "" {
		folder = "charts"
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", fmt.Errorf("chart: cannot make the folder for charts: %w; set %s to a folder that can be written", err, FolderEnv)
	}
	var b bytes.Buffer
	if err := Page(&b, c.Title, Section{Charts: []*Chart{c}}); err != nil {
		return "", err
	}
	path := filepath.Join(folder, slug(c.Title)+".html")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		return "", fmt.Errorf("chart: cannot write the chart: %w; set %s to a folder that can be written", err, FolderEnv)
	}
	return path, nil
}

var setup sync.Once

// Setup gives a notebook the ECharts library, from which on its charts, also those already shown, are interactive.
// Call it in the first cell; calling it again, or outside a notebook, does nothing more. The library is 0.5 MB of
// that cell's output: a saved notebook may leave it out, the static pictures stand in.
func Setup() {
	if !gonbui.IsNotebook {
		return
	}
	setup.Do(func() {
		send(map[protocol.MIMEType]any{
			protocol.MIMETextHTML:  setupHTML(),
			protocol.MIMETextPlain: "Charts: ECharts " + echarts.Version + " for this notebook.",
		}, "")
	})
}

// SetupMarker stands in the HTML that [Setup] displays: a tool that saves notebooks can find and drop that output.
const SetupMarker = "contrastlab-echarts"

func setupHTML() string {
	return `<div data-lab="` + SetupMarker + `" style="color:inherit;font-size:85%">Charts are interactive in this notebook (ECharts ` + echarts.Version + `, embedded).</div><script>` + echarts.Script() + `</script>`
}
