// Package fashion reads the files of Fashion-MNIST, which are in the IDX format of MNIST. Most callers want
// datasets.Open("fashion-mnist"), which finds the files, keeps what was read and names the parts.
//
// What you may touch here: the reading of the official format and nothing else. Where the files come from is in
// README.md.
package fashion

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The published files hold gray pictures of Side×Side, Train and Test of them.
const (
	Side  = 28
	Train = 60_000
	Test  = 10_000
)

// Names of the classes, by label. The files do not have them; they are from the authors' README.
func Names() []string {
	return []string{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"}
}

// Pictures reads a gzipped IDX file of n pictures of side×side and calls put for each, [side, side] row-major;
// the next picture overwrites it. Errors: what is no gzip or damaged, a wrong magic number, another
// count or size, fewer or more bytes than the head says.
func Pictures(file io.Reader, n, side int, put func(i int, pixels []uint8) error) error {
	return read(file, []int{n, side, side}, side*side, put)
}

// Labels reads a gzipped IDX file of n labels, each less than classes. Errors are those of [Pictures] and a
// label out of range.
func Labels(file io.Reader, n, classes int) ([]int32, error) {
	out := make([]int32, 0, n)
	err := read(file, []int{n}, 1, func(i int, value []uint8) error {
		if int(value[0]) >= classes {
			return fmt.Errorf("label %d is %d, want 0 … %d", i, value[0], classes-1)
		}
		out = append(out, int32(value[0]))
		return nil
	})
	return out, err
}

// unsignedBytes is the type of an IDX file's values in the third byte of its magic number.
const unsignedBytes = 0x08

// read calls put for each of the shape[0] entries of size bytes.
func read(file io.Reader, shape []int, size int, put func(int, []uint8) error) error {
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return cutOff(fmt.Errorf("is no gzip file: %w", err))
	}
	r := bufio.NewReader(unzipped)
	head := make([]byte, 4+4*len(shape))
	if _, err := io.ReadFull(r, head); err != nil {
		return cutOff(fmt.Errorf("has no IDX head: %w", err))
	}
	if magic, want := binary.BigEndian.Uint32(head), uint32(unsignedBytes<<8|len(shape)); magic != want {
		return fmt.Errorf("begins with %#08x, want %#08x: it is no IDX file of bytes in %d dimensions", magic, want, len(shape))
	}
	for d, want := range shape {
		if got := binary.BigEndian.Uint32(head[4+4*d:]); int64(got) != int64(want) {
			return fmt.Errorf("has dimension %d of %d, want %d of %v: this is not the published file", d, got, want, shape)
		}
	}
	entry := make([]byte, size)
	for i := range shape[0] {
		if _, err := io.ReadFull(r, entry); err != nil {
			return cutOff(fmt.Errorf("entry %d of %d: %w", i, shape[0], err))
		}
		if err := put(i, entry); err != nil {
			return err
		}
	}
	switch _, err := r.ReadByte(); {
	case err == nil:
		return fmt.Errorf("is longer than its %d entries", shape[0])
	case !errors.Is(err, io.EOF):
		return cutOff(fmt.Errorf("is damaged: %w", err)) // the gzip checksum, for one
	}
	return nil
}

func cutOff(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fmt.Errorf("%w (the file is cut off)", err)
	}
	return err
}
