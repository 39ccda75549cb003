package compiled

import (
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// processor names the processor and its instruction sets.
func processor() string {
	raw, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	var facts []string
	for line := range strings.Lines(string(raw)) {
		name, value, _ := strings.Cut(line, ":")
		switch strings.TrimSpace(name) {
		case "model name", "flags", "Features", "CPU implementer", "CPU part":
			facts = append(facts, strings.TrimSpace(value))
		case "": // the end of the first core
			return strings.Join(facts, "\n")
		}
	}
	return strings.Join(facts, "\n")
}

func ownedByMe(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid()
}
