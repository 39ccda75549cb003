package fetch

import (
	"crypto/md5" //nolint:gosec // what some authors publish; SHA-256 stands beside it
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
)

// Sum computes what is known of a file while its bytes pass by.
type Sum struct {
	file        File
	size        int64
	md5, sha256 hash.Hash
}

// NewSum begins with no bytes.
func (f File) NewSum() *Sum { return &Sum{file: f, md5: md5.New(), sha256: sha256.New()} }

// Write adds bytes.
func (s *Sum) Write(p []byte) (int, error) {
	s.size += int64(len(p))
	s.md5.Write(p)
	s.sha256.Write(p)
	return len(p), nil
}

// Check compares what came with what must be.
func (s *Sum) Check() error {
	if s.size != s.file.Size {
		return fmt.Errorf("has %d bytes, want %d", s.size, s.file.Size)
	}
	for _, d := range []struct{ name, got, want string }{
		{"sha256", hex.EncodeToString(s.sha256.Sum(nil)), s.file.SHA256},
		{"md5", hex.EncodeToString(s.md5.Sum(nil)), s.file.MD5},
	} {
		if d.want != "" && d.got != d.want {
			return fmt.Errorf("has the %s %s, want %s: it is damaged or another file", d.name, d.got, d.want)
		}
	}
	return nil
}

// Check compares the size and the digests of the file at path.
func (f File) Check(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.Size() != f.Size {
		return fmt.Errorf("%s has %d bytes, want %d: delete it and get it again", path, info.Size(), f.Size)
	}
	sum := f.NewSum()
	if _, err := io.Copy(sum, file); err != nil {
		return err
	}
	if err := sum.Check(); err != nil {
		return fmt.Errorf("%s %w; delete it and get it again", path, err)
	}
	return nil
}
