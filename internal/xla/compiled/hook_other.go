//go:build !linux || !cgo

package compiled

import "errors"

// Counts returns how many programs this process has loaded from a store, and how many it had to compile.
func Counts() (fromStore, fresh int) { return 0, 0 }

// Keep is tried on Linux only.
func Keep(string, Store) error { return errors.ErrUnsupported }
