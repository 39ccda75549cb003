// Command check prints what is wrong with the course of the checkout around the working folder; exit code 1 if anything
// is. `make lint` does the same.
package main

import (
	"fmt"
	"os"

	"github.com/contrastlab/contrastlab/internal/course"
	"github.com/contrastlab/contrastlab/internal/xla"
)

func main() {
	c, err := course.Read(xla.This().Root())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	problems, warnings := c.Check()
	for _, w := range warnings {
		fmt.Println("WARN ", w)
	}
	for _, p := range problems {
		fmt.Println("FAIL ", p)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
}
