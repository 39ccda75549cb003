package rawfile

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"time"
)

const (
	magic       = "clabpic1"
	pixelOffset = 4096
	headSize    = 8 + 8 + 8 + 4 + 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Meta describes the pictures of a file.
type Meta struct {
	// Origin is what the file was made from; a file of another origin is out of date.
	Origin string `json:"origin"`

	Count    int `json:"count"`
	Height   int `json:"height"`
	Width    int `json:"width"`
	Channels int `json:"channels"`

	// Parts are runs of pictures by name, [from, to).
	Parts map[string][2]int `json:"parts"`

	LabelNames []string `json:"label_names"`
	FineNames  []string `json:"fine_names"`

	// Skipped are the files that were left out.
	Skipped []Skipped `json:"skipped,omitempty"`
}

// Skipped is a file that was left out, and why.
type Skipped struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

func (m *Meta) pictureSize() int { return m.Height * m.Width * m.Channels }

// description is the JSON at the end of the file.
type description struct {
	Meta
	PixelSum  uint32 `json:"pixel_crc32c"`
	ColumnSum uint32 `json:"column_crc32c"`
}

// Writer writes a file.
type Writer struct {
	path         string
	temp         *os.File
	size         int // bytes of a picture
	labels, fine []int32
	put          []bool
	seen         int
}

// NoLabel marks a picture without one.
const NoLabel = -1

// Create begins a file for pictures of pictureSize bytes. It appears at path with [Writer.Commit].
func Create(path string, pictureSize int) (*Writer, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	pattern := "." + filepath.Base(path) + "-*"
	removeAbandoned(filepath.Join(filepath.Dir(path), pattern))
	temp, err := os.CreateTemp(filepath.Dir(path), pattern)
	if err != nil {
		return nil, err
	}
	return &Writer{path: path, temp: temp, size: pictureSize}, nil
}

func (w *Writer) grow(i int) {
	for len(w.put) <= i {
		w.put, w.labels, w.fine = append(w.put, false), append(w.labels, NoLabel), append(w.fine, NoLabel)
	}
}

// removeAbandoned removes what a program that was killed has left unfinished a day ago or more.
func removeAbandoned(pattern string) {
	found, _ := filepath.Glob(pattern)
	for _, path := range found {
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > 24*time.Hour {
			os.Remove(path)
		}
	}
}

// Put writes picture i, each once and in any order, with its labels or [NoLabel].
func (w *Writer) Put(i int, pixels []uint8, label, fine int32) error {
	if len(pixels) != w.size {
		return fmt.Errorf("picture %d has %d values, want %d", i, len(pixels), w.size)
	}
	w.grow(i)
	if w.put[i] {
		return fmt.Errorf("picture %d is there twice", i)
	}
	w.put[i] = true
	if label != NoLabel {
		w.labels[i] = label
	}
	w.fine[i] = fine
	w.seen++
	_, err := w.temp.WriteAt(pixels, pixelOffset+int64(i)*int64(w.size))
	return err
}

// Abort gives the file up; after Commit it does nothing.
func (w *Writer) Abort() {
	if w.temp != nil {
		w.temp.Close()
		os.Remove(w.temp.Name())
		w.temp = nil
	}
}

// Commit completes the file and moves it to its place. Count is filled in; every picture must have been put.
func (w *Writer) Commit(meta Meta) error {
	defer w.Abort()
	meta.Count = len(w.put)
	switch {
	case w.seen != meta.Count:
		return fmt.Errorf("%d of %d pictures are missing", meta.Count-w.seen, meta.Count)
	case meta.pictureSize() != w.size:
		return fmt.Errorf("pictures of %d×%d×%d do not have %d values", meta.Height, meta.Width, meta.Channels, w.size)
	}
	pixels := int64(meta.Count) * int64(w.size)
	d := description{Meta: meta}
	sum := crc32.New(castagnoli)
	if _, err := io.Copy(sum, io.NewSectionReader(w.temp, pixelOffset, pixels)); err != nil {
		return err
	}
	d.PixelSum = sum.Sum32()
	columns := make([]byte, 0, 8*meta.Count)
	for _, column := range [][]int32{w.labels, w.fine} {
		for _, v := range column {
			columns = binary.LittleEndian.AppendUint32(columns, uint32(v))
		}
	}
	d.ColumnSum = crc32.Checksum(columns, castagnoli)
	text, err := json.Marshal(d)
	if err != nil {
		return err
	}
	at := pixelOffset + pixels + int64(len(columns))
	head := binary.LittleEndian.AppendUint64([]byte(magic), uint64(at))
	head = binary.LittleEndian.AppendUint64(head, uint64(len(text)))
	head = binary.LittleEndian.AppendUint32(head, crc32.Checksum(text, castagnoli))
	head = binary.LittleEndian.AppendUint32(head, crc32.Checksum(head, castagnoli))
	for _, part := range []struct {
		bytes []byte
		at    int64
	}{{columns, pixelOffset + pixels}, {text, at}, {head, 0}} {
		if _, err := w.temp.WriteAt(part.bytes, part.at); err != nil {
			return err
		}
	}
	name := w.temp.Name()
	err = errors.Join(w.temp.Sync(), w.temp.Chmod(0o644), w.temp.Close())
	if err == nil {
		err = os.Rename(name, w.path)
	}
	if err != nil {
		os.Remove(name)
	}
	w.temp = nil
	return err
}

// SetLabel gives a label to picture i, before or after it is put.
func (w *Writer) SetLabel(i int, label int32) {
	w.grow(i)
	w.labels[i] = label
}
