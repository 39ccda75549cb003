package folder

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Channels is the number of values per pixel (RGB).
const Channels = 3

// MaxPixels is how many pixels a picture may have before it is scaled. Larger ones are left out undecoded: a small
// file can claim to be a huge picture.
const MaxPixels = 64 << 20

// maxSide is what [Listing.Side] returns at most.
const maxSide = 96

// Picture is one picture of a folder.
type Picture struct {
	// Index counts the training pictures that could be read, then the test pictures.
	Index int
	// Pixels holds [side, side, Channels], row-major. It is overwritten once the call that got it returns.
	Pixels []uint8
	Class  int32 // −1 without
}

// Result is what a reading found.
type Result struct {
	Train, Test int // pictures
	Skipped     []Skipped
}

// Side is the short side of the smallest of up to 64 pictures spread over the training part, at most 96: what they
// can be scaled to without making small ones larger.
func (l *Listing) Side() int {
	root, err := os.OpenRoot(l.Root)
	if err != nil {
		return maxSide
	}
	defer root.Close()
	const looks = 64
	side := maxSide
	d := &decoder{root: root}
	for k := range min(looks, len(l.Train)) {
		if size, err := d.size(l.Train[k*len(l.Train)/min(looks, len(l.Train))].Path); err == nil {
			side = min(side, size.X, size.Y)
		}
	}
	return side
}

// Read decodes all pictures on all cores, scales them to side×side and calls put for each in order: those of the
// training part, then those of the test part, each sorted by path. A file that is no whole picture is skipped and
// listed. progress, if not nil, is told how many files are done. Errors: those of put; a
// canceled context; no picture at all.
func (l *Listing) Read(ctx context.Context, side int, put func(Picture) error, progress func(done, total int)) (Result, error) {
	result := Result{Skipped: slices.Clone(l.Skipped)}
	if side < 1 {
		return result, fmt.Errorf("pictures cannot be scaled to a side of %d; at least 1 is needed", side)
	}
	root, err := os.OpenRoot(l.Root)
	if err != nil {
		return result, err
	}
	defer root.Close()
	r := reader{root: root, side: side, put: put}
	all := slices.Concat(l.Train, l.Test)
	for from := 0; from < len(all); {
		to := min(from+readChunk, len(all))
		if from < len(l.Train) {
			to = min(to, len(l.Train))
		}
		if err := ctx.Err(); err != nil {
			return result, err
		}
		n, err := r.chunk(all[from:to], &result)
		if err != nil {
			return result, err
		}
		if from < len(l.Train) {
			result.Train += n
		} else {
			result.Test += n
		}
		if from = to; progress != nil {
			progress(to, len(all))
		}
	}
	if result.Train == 0 {
		return result, fmt.Errorf("%s: none of the %d training files is a picture%s", l.Root, len(l.Train), example(result.Skipped))
	}
	return result, nil
}

// readChunk is how many files are decoded before they are handed on: it bounds memory.
const readChunk = 512

type reader struct {
	root *os.Root
	side int
	put  func(Picture) error

	next     int // index of the next picture
	decoders []*decoder
	pixels   []uint8
}

// chunk decodes the files and hands them on in order; it returns how many were pictures.
func (r *reader) chunk(files []Entry, result *Result) (int, error) {
	size := r.side * r.side * Channels
	if r.pixels == nil {
		r.pixels = make([]uint8, readChunk*size)
		for range runtime.GOMAXPROCS(0) {
			r.decoders = append(r.decoders, &decoder{root: r.root})
		}
	}
	errs := make([]error, len(files))
	var next atomic.Int64
	var wg sync.WaitGroup
	for _, d := range r.decoders {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(files) {
					return
				}
				errs[i] = d.square(files[i].Path, r.side, r.pixels[i*size:(i+1)*size])
			}
		})
	}
	wg.Wait()
	count := 0
	for i, file := range files {
		if errs[i] != nil {
			result.Skipped = append(result.Skipped, Skipped{file.Path, reason(errs[i])})
			continue
		}
		if err := r.put(Picture{r.next, r.pixels[i*size : (i+1)*size], file.Class}); err != nil {
			return count, err
		}
		r.next++
		count++
	}
	return count, nil
}

var errEmpty = errors.New("is empty")

// checkSize refuses what would take too much memory.
func checkSize(c image.Config) error {
	if c.Width < 1 || c.Height < 1 {
		return fmt.Errorf("claims to be %d×%d", c.Width, c.Height)
	}
	if int64(c.Width)*int64(c.Height) > MaxPixels {
		return fmt.Errorf("claims to be %d×%d, more than %d million pixels", c.Width, c.Height, MaxPixels>>20)
	}
	return nil
}
