//go:build !linux

package compiled

import (
	"errors"
	"io/fs"
)

// Counts returns how many programs this process has loaded from a store, and how many it had to compile.
func Counts() (fromStore, fresh int) { return 0, 0 }

// Keep is tried on Linux only.
func Keep(string, Store) error { return errors.ErrUnsupported }

func ownedByMe(fs.FileInfo) bool { return false }

func processor() string { return "" }
