// Package compiled keeps what XLA has compiled on disk, so that a program compiles a graph once and not once more for
// each seed, each run and each cell of a notebook (each cell is a process of its own).
//
// XLA's compiler takes seconds for the step of a training, loading its result a tenth of a second. go-xla has no such
// cache; the PJRT plugin has all that one needs. [Keep] puts itself between go-xla and the plugin's compiler
// (hook.c); which file holds what is decided by [Store], in Go. What you may touch here: what belongs to a key. A fact
// that changes what the compiler makes and is not in the key loads a wrong program.
package compiled

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/contrastlab/contrastlab/internal/wholefile"
)

// Store is a folder of compiled programs, at most Limit bytes of them: the least recently used go first. Several
// processes may use one folder.
type Store struct {
	Dir     string
	Limit   int64
	AtLeast time.Duration // what compiles faster is not kept
}

// Key names a program on a machine.
type Key [sha256.Size]byte

const suffix = ".xla"

// magic begins each file, followed by the SHA-256 of the rest.
var magic = []byte("contrastlab compiled 1\n")

// Open makes the folder, for its owner alone: what lies in it is run as machine code, so a folder that others may
// write to is refused.
func (s Store) Open() error {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(s.Dir)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is not a folder", s.Dir)
	case info.Mode().Perm()&0o022 != 0 || !ownedByMe(info):
		return fmt.Errorf("others may write to %s (mode %v), and what lies there is run: `chmod go-w` it, or name another folder", s.Dir, info.Mode().Perm())
	}
	return nil
}

// Get returns what was put under a key. A file that is damaged is deleted, as if it had not been there.
func (s Store) Get(key Key) ([]byte, bool) {
	path := s.path(key)
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, false
	}
	program, whole := unwrap(raw)
	if !whole {
		s.Drop(key)
		return nil, false
	}
	now := time.Now()
	_ = os.Chtimes(path, now, now) // used now: the oldest goes first
	return program, true
}

// Put keeps a compiled program: all of it or nothing.
func (s Store) Put(key Key, program []byte) error {
	sum := sha256.Sum256(program)
	if err := wholefile.Write(s.path(key), slices.Concat(magic, sum[:], program), 0o600); err != nil {
		return err
	}
	return s.prune()
}

// Drop forgets a program.
func (s Store) Drop(key Key) { _ = os.Remove(s.path(key)) }

func (s Store) path(key Key) string { return filepath.Join(s.Dir, hex.EncodeToString(key[:])+suffix) }

func unwrap(raw []byte) (program []byte, whole bool) {
	rest, found := bytes.CutPrefix(raw, magic)
	if !found || len(rest) < sha256.Size {
		return nil, false
	}
	program = rest[sha256.Size:]
	sum := sha256.Sum256(program)
	return program, bytes.Equal(sum[:], rest[:sha256.Size])
}

// prune deletes the least recently used files beyond the limit, and what a killed process left half written.
func (s Store) prune() error {
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		return err
	}
	var kept []fs.FileInfo
	var total int64
	for _, entry := range entries {
		info, err := entry.Info()
		switch {
		case err != nil: // another process was faster
		case strings.HasSuffix(info.Name(), suffix):
			kept = append(kept, info)
			total += info.Size()
		case strings.Contains(info.Name(), suffix+".") && time.Since(info.ModTime()) > time.Hour:
			_ = os.Remove(filepath.Join(s.Dir, info.Name()))
		}
	}
	slices.SortFunc(kept, func(a, b fs.FileInfo) int { return cmp.Compare(a.ModTime().UnixNano(), b.ModTime().UnixNano()) })
	for _, info := range kept {
		if total <= s.Limit {
			break
		}
		_ = os.Remove(filepath.Join(s.Dir, info.Name()))
		total -= info.Size()
	}
	return nil
}
