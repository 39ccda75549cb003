package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gomlx/compute"

	"github.com/contrastlab/contrastlab/internal/registry"
	"github.com/contrastlab/contrastlab/pkg/contrastive/augment"
)

// list is names as an enumeration.
func list(names []string) string { return strings.Join(names, ", ") }

// policies are those that -augment takes.
func policies() []augment.Policy { return slices.Concat(augment.Policies(), augment.Released()) }

func policyNames() (names []string) {
	for _, p := range policies() {
		names = append(names, p.Name)
	}
	return names
}

// namedPolicy is the policy of that name.
func namedPolicy(name string) (augment.Policy, error) {
	for _, p := range policies() {
		if p.Name == name {
			return p, nil
		}
	}
	near := ""
	if n := registry.Nearest(name, policyNames()); n != "" {
		near = fmt.Sprintf(" (did you mean %q?)", n)
	}
	return augment.Policy{}, fmt.Errorf("unknown policy %q%s; available: %s", name, near, list(policyNames()))
}

// thousands is n with commas.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// plainJSON is a JSON object of numbers as a person writes it: (temperature 0.2).
func plainJSON(object []byte) string {
	text := strings.NewReplacer(`"`, "", ":", " ", ",", ", ").Replace(string(object))
	return "(" + strings.Trim(text, "{}") + ")"
}

// program is how this program was started, for the commands it suggests.
func program() string {
	switch path := os.Args[0]; {
	case strings.Contains(path, "go-build"):
		return "go run ./cmd/lab"
	case strings.ContainsRune(path, filepath.Separator):
		return path
	default:
		return "lab"
	}
}

// commandLine is a command of this program for a shell to read.
func commandLine(args ...string) string {
	quoted := []string{program()}
	for _, arg := range args {
		if strings.ContainsAny(arg, " \t\"'$&;|<>*?()#\\`") {
			arg = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
		quoted = append(quoted, arg)
	}
	return strings.Join(quoted, " ")
}

// existingRuns names the runs below runs/, for a command that wants one.
func existingRuns(c *command) string {
	if !strings.Contains(c.args, "DIR") {
		return ""
	}
	found, _ := filepath.Glob(filepath.Join("runs", "*", "config.json"))
	if len(found) == 0 {
		return "; `lab train` makes a run"
	}
	if len(found) > 5 {
		found = found[len(found)-5:]
	}
	for i, path := range found {
		found[i] = filepath.Dir(path)
	}
	return fmt.Sprintf("; runs here: %s", strings.Join(found, ", "))
}

// describeBackend is a backend in a few words: its kind and the file of its plugin.
func describeBackend(backend compute.Backend) string {
	first, _, _ := strings.Cut(backend.Description(), " ")
	kind, plugin, _ := strings.Cut(first, ":")
	if plugin == "" {
		return kind
	}
	return kind + ", " + filepath.Base(plugin)
}
