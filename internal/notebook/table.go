package notebook

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Table prints a line for each notebook, and below it why the failed ones failed.
func Table(w io.Writer, results []Result) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "notebook\tseconds\tclaims\tKB\t")
	for _, r := range results {
		verdict := "ok"
		if !r.Passed() {
			verdict = "FAILED"
		}
		fmt.Fprintf(t, "%s\t%.1f\t%d\t%d\t%s\n", r.Notebook, r.Seconds, len(r.Claims), (r.Bytes+999)/1000, verdict)
	}
	_ = t.Flush()
	for _, r := range results {
		for _, problem := range r.Problems {
			fmt.Fprintf(w, "%s: %s\n", r.Notebook, strings.ReplaceAll(problem, "\n", "\n    "))
		}
	}
}
