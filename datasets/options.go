package datasets

import (
	"fmt"
	"os"
	"path/filepath"
)

// DirEnv names the environment variable with the folder for data sets.
const DirEnv = "CONTRASTLAB_DATA"

// Options say where data sets lie and how they are read. The zero value is right for most.
type Options struct {
	// Dir is the folder of downloaded and decoded data sets, "" for [DefaultDir]. Each has a folder in it.
	Dir string

	// Side is what the pictures of a folder are scaled to, height and width; 0 takes their own short side, at
	// most 96 (folder.Listing.Side says how). Other data sets have one size, and another Side is an error.
	Side int

	// Strict makes a file of a folder that is no picture an error; otherwise it is in [Source.Skipped].
	Strict bool

	// Verify compares the checksum of all pixels kept from an earlier opening, which reads them once. Labels
	// and names are always checked.
	Verify bool

	// Progress, if not nil, is told how a long download or decoding goes, some times a second.
	Progress func(Progress)
}

// Progress is how far a download or a decoding has come.
type Progress struct {
	Doing       string // e.g. "downloading cifar-10-binary.tar.gz"
	Done, Total int64  // bytes or pictures
	Bytes       bool   // which of them
}

// DefaultDir is the folder of data sets: $CONTRASTLAB_DATA, else contrastlab in the user's cache folder.
func DefaultDir() (string, error) {
	if dir := os.Getenv(DirEnv); dir != "" {
		return dir, nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("there is no folder for data sets: %w; name one in %s", err, DirEnv)
	}
	return filepath.Join(dir, "contrastlab"), nil
}

// folder is the folder of the data set that keeps its files under name.
func (o Options) folder(name string) (string, error) {
	dir := o.Dir
	if dir == "" {
		var err error
		if dir, err = DefaultDir(); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, name), nil
}

func (o Options) progress(doing string, done, total int64, bytes bool) {
	if o.Progress != nil {
		o.Progress(Progress{doing, done, total, bytes})
	}
}
