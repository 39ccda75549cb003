package rawfile

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
)

// ErrStale is the error of a file that is whole, but was made from something else or by another version.
var ErrStale = errors.New("is out of date")

// File is an open file. It is closed when nothing refers to it any more; mappings stay.
type File struct {
	Meta
	// Labels and Fine have an entry per picture, −1 where it has none.
	Labels, Fine []int32

	file *os.File
	sum  uint32
}

// Open reads the description and the labels of the file at path and checks them against their sums and the
// file's size. The pixels are checked by [File.Verify]. Errors: no such file (fs.ErrNotExist), [ErrStale] for
// another origin, and what is damaged.
func Open(path, origin string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	f := &File{file: file}
	if err := f.read(origin); err != nil {
		file.Close()
		return nil, fmt.Errorf("%s %w", path, err)
	}
	return f, nil
}

func (f *File) read(origin string) error {
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	head := make([]byte, headSize)
	if _, err := f.file.ReadAt(head, 0); err != nil {
		return fmt.Errorf("is no file of pictures: it has %d bytes", info.Size())
	}
	if string(head[:8]) != magic {
		return fmt.Errorf("%w: it begins with %q, not %q", ErrStale, head[:8], magic)
	}
	number := binary.LittleEndian
	at, length := number.Uint64(head[8:]), number.Uint64(head[16:])
	if number.Uint32(head[28:]) != crc32.Checksum(head[:28], castagnoli) {
		return errors.New("is damaged: the sum of its head is wrong")
	}
	if end := at + length; at > math.MaxInt64/2 || length > math.MaxInt64/2 || end != uint64(info.Size()) {
		return fmt.Errorf("is damaged: it has %d bytes, want %d", info.Size(), end)
	}
	text := make([]byte, length)
	if _, err := f.file.ReadAt(text, int64(at)); err != nil {
		return err
	}
	if number.Uint32(head[24:]) != crc32.Checksum(text, castagnoli) {
		return errors.New("is damaged: the sum of its description is wrong")
	}
	var d description
	if err := json.Unmarshal(text, &d); err != nil {
		return fmt.Errorf("is damaged: its description is no JSON: %w", err)
	}
	if d.Origin != origin {
		return fmt.Errorf("%w: it was made from other files", ErrStale)
	}
	pixels := int64(d.Count) * int64(d.pictureSize())
	if want := pixelOffset + pixels + 8*int64(d.Count); want != int64(at) {
		return fmt.Errorf("is damaged: its description is at byte %d, want %d", at, want)
	}
	columns := make([]byte, 8*d.Count)
	if _, err := f.file.ReadAt(columns, pixelOffset+pixels); err != nil {
		return err
	}
	if crc32.Checksum(columns, castagnoli) != d.ColumnSum {
		return errors.New("is damaged: the sum of its labels is wrong")
	}
	f.Meta, f.sum = d.Meta, d.PixelSum
	for i := range 2 * d.Count {
		v := int32(number.Uint32(columns[4*i:]))
		if i < d.Count {
			f.Labels = append(f.Labels, v)
		} else {
			f.Fine = append(f.Fine, v)
		}
	}
	return nil
}

// PixelBytes is how much there is to map.
func (f *File) PixelBytes() int64 { return int64(f.Count) * int64(f.pictureSize()) }

// Verify reads all pixels and compares their sum.
func (f *File) Verify() error {
	sum := crc32.New(castagnoli)
	if _, err := io.Copy(sum, io.NewSectionReader(f.file, pixelOffset, f.PixelBytes())); err != nil {
		return err
	}
	if sum.Sum32() != f.sum {
		return fmt.Errorf("%s is damaged: the sum of its pixels is wrong", f.file.Name())
	}
	return nil
}
