// Package targz reads the members of a .tar.gz without ever writing one.
//
// What you may touch here: what is refused; a data set's own layout belongs into its folder.
package targz

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
)

// Walk calls visit for every regular file of the archive, in its order; what visit does not read is passed over.
// The archive's own checksum has been compared when Walk returns nil. Errors: what is no .tar.gz or damaged; an entry
// that leads out of the archive, a link or a device, none of which a data set has; more than limit bytes.
func Walk(archive io.Reader, limit int64, visit func(name string, size int64, body io.Reader) error) error {
	unzipped, err := gzip.NewReader(archive)
	if err != nil {
		return whole(fmt.Errorf("is no gzip file: %w", err))
	}
	bounded := &io.LimitedReader{R: unzipped, N: limit + 1}
	entries := tar.NewReader(bounded)
	for {
		entry, err := entries.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return tooLong(bounded, limit, fmt.Errorf("is no whole tar archive: %w", err))
		}
		if !filepath.IsLocal(entry.Name) {
			return fmt.Errorf("has the entry %q, which leads out of its folder: this is not the published archive", entry.Name)
		}
		switch entry.Typeflag {
		case tar.TypeDir, tar.TypeXGlobalHeader:
			continue
		case tar.TypeReg:
		default:
			return fmt.Errorf("has the entry %q, which is a link or a device: this is not the published archive", entry.Name)
		}
		if err := visit(path.Clean(entry.Name), entry.Size, entries); err != nil {
			return tooLong(bounded, limit, fmt.Errorf("%s: %w", entry.Name, whole(err)))
		}
	}
	// The gzip checksum stands behind the last byte.
	if _, err := io.Copy(io.Discard, bounded); err != nil {
		return whole(fmt.Errorf("is damaged: %w", err))
	}
	if bounded.N <= 0 {
		return tooLong(bounded, limit, nil)
	}
	return nil
}

func tooLong(r *io.LimitedReader, limit int64, err error) error {
	if r.N > 0 {
		return whole(err)
	}
	return fmt.Errorf("unpacks to more than %d bytes: this is not the published archive", limit)
}

// whole says what an unexpected end means.
func whole(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fmt.Errorf("%w (the file is cut off)", err)
	}
	return err
}
