//go:build unix

package rawfile

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Map returns the pixels as memory of their own: what is written to it is seen by nobody else and never reaches
// the file, and what is only read takes no memory that the system could not take back. Each call maps anew; a
// mapping stays for the life of the program, as nothing tells when the last slice of it is gone.
func (f *File) Map() ([]uint8, error) {
	if f.PixelBytes() == 0 {
		return []uint8{}, nil
	}
	length := pixelOffset + f.PixelBytes()
	if int64(int(length)) != length {
		return nil, fmt.Errorf("%s has %d bytes, more than this machine can address", f.file.Name(), length)
	}
	raw, err := f.file.SyscallConn()
	if err != nil {
		return nil, err
	}
	var memory []byte
	var failed error
	err = raw.Control(func(fd uintptr) {
		// Without a reservation, as else the system would refuse more than it has memory for copies.
		memory, failed = unix.Mmap(int(fd), 0, int(length), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_NORESERVE)
	})
	if err := errors.Join(err, failed); err != nil {
		return nil, fmt.Errorf("%s cannot be mapped into memory: %w", f.file.Name(), err)
	}
	return memory[pixelOffset:], nil
}
