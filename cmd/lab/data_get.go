package main

import (
	"slices"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/pkg/contrastive"
)

// stopped is the error of a download that was interrupted. It says where the part is kept and how to go on.
type stopped struct{ error }

// Is makes it end the program as an interrupted training does.
func (stopped) Is(target error) bool { return target == contrastive.ErrInterrupted }

// getData downloads a data set. What was interrupted is kept, and the same command goes on with it.
func getData(call *call, name string, files dataFiles) error {
	options := files.options(call)
	source, err := datasets.Get(call.ctx, name, options)
	if err != nil {
		if call.ctx.Err() != nil {
			return stopped{err}
		}
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
