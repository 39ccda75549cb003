package main

import (
	"flag"
	"path/filepath"

	"github.com/contrastlab/contrastlab/internal/course"
	"github.com/contrastlab/contrastlab/internal/course/site"
	"github.com/contrastlab/contrastlab/internal/xla"
)

var exportCommand = &command{
	name:  "export",
	short: "write the course as a web site that works offline",
	long: `Writes the whole course as a folder of HTML pages: the notebooks with their saved outputs and live charts, the
lessons in English and Chinese, the figures. Open its index.html in a browser, from a disk or from any server; it asks
no other host for anything. It is made of the checkout around the working folder.

The folder is replaced if it is an earlier export, and refused if it holds anything else.`,
	examples: []string{"lab export", "lab export -o /srv/www/contrastlab"},
	bind: func(fs *flag.FlagSet) func(*call) error {
		out := fs.String("o", "site", "`folder` to write")
		return func(call *call) error {
			root := xla.This().Root()
			if root == "" {
				return usage("there is no checkout of %s around the working folder, and the course lies in one", xla.Module)
			}
			if *out == "" {
				return usage("-o is empty: name the folder to write")
			}
			c, err := course.Read(root)
			if err != nil {
				return err
			}
			pages, err := site.Write(c, *out)
			if err != nil {
				return badInput(err)
			}
			call.printf("%d pages: open %s in a browser\n", pages, filepath.Join(*out, "index.html"))
			return nil
		}
	},
}
