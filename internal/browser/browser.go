// Package browser tests what a learner sees: it opens the exported site, notebooks and lessons, and a notebook in
// JupyterLab in a headless Chromium, counts the charts that are drawn, points at one, and fails on errors in the console
// and on requests to another host. Where there is no Chromium or no JupyterLab its tests are skipped and say so.
//
// What you may touch here: what is looked at.
package browser

import (
	"fmt"
	"os"
	"os/exec"
)

// Env is the environment variable that names the browser to use instead of the first one found.
const Env = "CONTRASTLAB_BROWSER"

// Find is the path of a Chromium or Chrome. The error says how to get one.
func Find() (string, error) {
	if path := os.Getenv(Env); path != "" {
		if _, err := exec.LookPath(path); err != nil {
			return "", fmt.Errorf("browser: %s: %w", Env, err)
		}
		return path, nil
	}
	for _, name := range []string{"chromium", "chromium-browser", "chrome-headless-shell", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("browser: no Chromium or Chrome was found; install one (Debian: apt-get install chromium) or name it in %s", Env)
}
