package main

import (
	"slices"

	"github.com/contrastlab/contrastlab/datasets"
)

// getData downloads a data set. What was interrupted is kept, and the same command goes on with it.
func getData(call *call, name string, files dataFiles) error {
	options := files.options(call)
	source, err := datasets.Get(call.ctx, name, options)
	if err != nil {
		if !slices.Contains(datasets.Names(), name) {
			err = badInput(err)
		}
		return err
	}
	dir := options.Dir
	if dir == "" {
		if dir, err = datasets.DefaultDir(); err != nil {
			return err
		}
	}
	call.printf("%s is complete and checked, in %s\n%s\n", name, dir, source.About)
	call.printf("next: %s    what is in it\n", commandLine("data", name))
	return nil
}
