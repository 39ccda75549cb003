// Package hiddenruns holds what the check of exercise 06 judges a collapse detector by: embeddings that real trainings of
// this laboratory made, some healthy, some collapsed to a point, some to a few directions.
//
// What you may touch here: runs.json.gz is made by the program in train/ and by nothing else,
//
//	go run ./internal/exercises/hiddenruns/train
//
// which takes two to four minutes on two cores. This package reads it, without GoMLX.
package hiddenruns

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"sync"

	"github.com/contrastlab/contrastlab/internal/lang"
)

//go:embed runs.json.gz
var embedded []byte

// Run is what an encoder with its head made of test pictures after a training.
type Run struct {
	Name  lang.Text   `json:"name"`  // the method, and what was taken from it
	Shown bool        `json:"shown"` // to the learner, with its verdict
	Std   float64     `json:"std"`   // eval.Std of Z: std·√D at unit length
	Rank  float64     `json:"rank"`  // eval.EffectiveRank of Z
	Z     [][]float64 `json:"-"`     // the embeddings [N][D], not normalized

	// Each dimension of Z in 16 bits: Low + Step·value.
	Low    []float32 `json:"low"`
	Step   []float32 `json:"step"`
	Values []byte    `json:"values"` // N·D numbers of two bytes, row by row
}

// The rule by which a run's verdict is known, from the package's own measurements. The program in train/ takes in no run that
// is near one of the bounds.
const (
	CollapsedStd     = 0.1 // a std·√D below this is a complete collapse, as the doctor has it (eval.Diagnose)
	DimensionalShare = 0.2 // otherwise, an effective rank below this share of the (32) dimensions is a dimensional one
)

// Collapsed says that all pictures have nearly the same embedding.
func (r *Run) Collapsed() bool { return r.Std < CollapsedStd }

// Dimensional says that the embeddings differ, but keep to a few of their dimensions.
func (r *Run) Dimensional() bool {
	return !r.Collapsed() && r.Rank < DimensionalShare*float64(len(r.Low))
}

// Pack stores z, of n rows of d numbers, in the run, and sets Z to what is read back.
func (r *Run) Pack(z []float32, d int) {
	r.Low, r.Step = make([]float32, d), make([]float32, d)
	for j := range d {
		low, high := math.Inf(1), math.Inf(-1)
		for i := j; i < len(z); i += d {
			low, high = min(low, float64(z[i])), max(high, float64(z[i]))
		}
		r.Low[j], r.Step[j] = float32(low), float32((high-low)/math.MaxUint16)
	}
	r.Values = nil
	for i, v := range z {
		number := 0.0
		if step := float64(r.Step[i%d]); step > 0 {
			number = math.Round((float64(v) - float64(r.Low[i%d])) / step)
		}
		r.Values = binary.LittleEndian.AppendUint16(r.Values, uint16(min(max(number, 0), math.MaxUint16)))
	}
	r.unpack()
}

func (r *Run) unpack() {
	r.Z = nil
	d := len(r.Low)
	for at := 0; at+2*d <= len(r.Values); at += 2 * d {
		row := make([]float64, d)
		for j := range row {
			row[j] = float64(r.Low[j]) + float64(r.Step[j])*float64(binary.LittleEndian.Uint16(r.Values[at+2*j:]))
		}
		r.Z = append(r.Z, row)
	}
}

// All are the runs, in a fixed order; do not change what Z holds.
var All = sync.OnceValue(func() []Run {
	runs, err := Read(bytes.NewReader(embedded))
	if err != nil {
		panic(fmt.Sprintf("the embedded runs: %v", err)) // they are part of the program, and tested
	}
	return runs
})

// Read reads what [Write] wrote.
func Read(from io.Reader) ([]Run, error) {
	unzipped, err := gzip.NewReader(from)
	if err != nil {
		return nil, err
	}
	var runs []Run
	if err := json.NewDecoder(unzipped).Decode(&runs); err != nil {
		return nil, err
	}
	for i := range runs {
		runs[i].unpack()
	}
	return runs, nil
}

// Write writes runs as compressed JSON.
func Write(to io.Writer, runs []Run) error {
	zipped, err := gzip.NewWriterLevel(to, gzip.BestCompression)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(zipped).Encode(runs); err != nil {
		return err
	}
	return zipped.Close()
}
