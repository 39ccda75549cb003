//go:build !unix

package rawfile

import "io"

// Map returns the pixels, read into memory: there is no mapping of files on this system.
func (f *File) Map() ([]uint8, error) {
	pixels := make([]uint8, f.PixelBytes())
	_, err := io.ReadFull(io.NewSectionReader(f.file, pixelOffset, f.PixelBytes()), pixels)
	return pixels, err
}
