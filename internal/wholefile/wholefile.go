// Package wholefile writes a small file as a whole or not at all.
//
// What you may touch here: nothing but how a file is replaced.
package wholefile

import (
	"errors"
	"os"
	"path/filepath"
)

// Write puts content in the place of a file, whose folder it makes if need be. Whoever reads the file sees the old
// content or the new; an error leaves the old.
func Write(path string, content []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(content)
	if err = errors.Join(err, file.Chmod(mode), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
