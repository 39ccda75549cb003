package main

import (
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/pkg/contrastive"
)

// dataFiles says where data sets lie and how their files are read.
type dataFiles struct {
	dir    string
	side   int
	strict bool
	verify bool // compare the checksum of all pixels that are kept
}

// dataUsage is the help of -data.
func dataUsage() string {
	return "data `set`: " + list(datasets.Names()) + ", or folder:PATH for any folder of pictures"
}

func (d *dataFiles) dirFlag(fs *flag.FlagSet) {
	fs.StringVar(&d.dir, "data-dir", "", "`folder` of downloaded and decoded data sets (default $"+datasets.DirEnv+", else contrastlab in the user's cache folder)")
}

func (d *dataFiles) flags(fs *flag.FlagSet) {
	d.dirFlag(fs)
	fs.IntVar(&d.side, "side", 0, "`pixels` that a folder's pictures are scaled to, height and width (default their own, at most 96)")
	fs.BoolVar(&d.strict, "strict", false, "refuse a folder with files that are no pictures, instead of skipping them")
}

// options are those of the package, telling progress on standard error.
func (d dataFiles) options(call *call) datasets.Options {
	return datasets.Options{Dir: d.dir, Side: d.side, Strict: d.strict, Verify: d.verify, Progress: progressOn(call.stderr)}
}

// open opens a data set; errors are mistakes in the name, missing or damaged files.
func (d dataFiles) open(call *call, name string) (*datasets.Source, error) {
	if d.side < 0 {
		return nil, usage("-side %d: at least one pixel is needed, or 0 for the pictures' own size", d.side)
	}
	source, err := datasets.OpenWith(call.ctx, name, d.options(call))
	if err != nil {
		if call.ctx.Err() != nil {
			return nil, call.ctx.Err()
		}
		return nil, badInput(err)
	}
	if n := len(source.Skipped); n > 0 && call.command.name != "data" {
		fmt.Fprintf(call.stderr, "lab: warning: %d files of %s are no pictures and were skipped, such as %s: %s (%s lists them)\n",
			n, source.Name, source.Skipped[0].Path, source.Skipped[0].Reason, commandLine("data", name))
	}
	return source, nil
}

// trainedOn is the name of the data set of a run, and how its folder was read.
func trainedOn(data contrastive.Data, d dataFiles) (string, dataFiles) {
	name := data.Name
	if i := strings.LastIndex(name, "/"); i >= 0 { // the part follows
		name = name[:i]
	}
	if strings.HasPrefix(name, datasets.FolderPrefix) && d.side == 0 {
		d.side = data.Height
	}
	return name, d
}

// shortName is the name of a data set as part of a file's name.
func shortName(name string) string {
	if path, ok := strings.CutPrefix(name, datasets.FolderPrefix); ok {
		return filepath.Base(filepath.Clean(path))
	}
	return name
}

// progressOn writes how a long work goes: on a terminal a line that changes, elsewhere a line now and then.
func progressOn(w io.Writer) func(datasets.Progress) {
	every := 10 * time.Second
	begin, end := "", "\n"
	if isTerminal(w) {
		every, begin, end = 200*time.Millisecond, "\r\x1b[K", ""
	}
	var doing string
	var start, last time.Time
	var before int64 // done when it started
	shown := false
	return func(p datasets.Progress) {
		now := time.Now()
		if p.Doing != doing {
			if shown && end == "" {
				fmt.Fprintln(w)
			}
			doing, start, last, before, shown = p.Doing, now, now, p.Done, false
		}
		finished := shown && p.Done == p.Total
		if !finished && now.Sub(last) < every {
			return
		}
		last, shown = now, true
		fmt.Fprintf(w, "%s%s%s", begin, progressLine(p, float64(p.Done-before)/now.Sub(start).Seconds()), end)
		if finished && end == "" {
			fmt.Fprintln(w)
			shown = false
		}
	}
}

// progressLine is how far a work has come at perSecond.
func progressLine(p datasets.Progress, perSecond float64) string {
	percent := 100.0
	if p.Total > 0 {
		percent = 100 * float64(p.Done) / float64(p.Total)
	}
	line := fmt.Sprintf("%s: %.0f%% of %s", p.Doing, percent, thousands(int(p.Total)))
	speed := fmt.Sprintf("%s/s", thousands(int(perSecond)))
	if p.Bytes {
		line = fmt.Sprintf("%s: %.0f%% of %.1f MB", p.Doing, percent, float64(p.Total)/1e6)
		speed = fmt.Sprintf("%.1f MB/s", perSecond/1e6)
	}
	if perSecond > 0 && p.Done < p.Total {
		rest := time.Duration(float64(p.Total-p.Done) / perSecond * float64(time.Second))
		return fmt.Sprintf("%s, %s, %s left", line, speed, rest.Round(time.Second))
	}
	return line
}
