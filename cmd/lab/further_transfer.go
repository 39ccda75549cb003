package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/gomlx/compute"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// domainTransfer trains on the pictures of one artist and tests on those of each.
func (e *evaluation) domainTransfer(backend compute.Backend, f *further) (*addition, error) {
	values := map[string]*eval.TransferResult{}
	summary := [][]string{
		{"", "kNN", "kNN", "", "probe", "probe", ""},
		{"", "own", "others", "drop", "own", "others", "drop"},
	}
	var run *eval.TransferResult
	unconverged := 0
	for _, m := range e.probed() {
		bank, err := e.bankOf(m)
		if err != nil {
			return nil, err
		}
		train, err := eval.ByDomain(bank)
		if err != nil {
			return nil, err
		}
		test, err := eval.ByDomain(m.test)
		if err != nil {
			return nil, err
		}
		r, err := eval.Transfer(backend, train, test, e.transferOptions(m, f))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
		values[m.key] = r
		unconverged += r.Unconverged
		line := []string{m.name}
		for _, matrix := range [][][]eval.Spread{r.KNN, r.Probe} {
			line = append(line, ownAndOthers(r, matrix)...)
		}
		summary = append(summary, line)
		if m.key == "run" {
			run = r
		}
	}
	return &addition{
		key: "transfer", title: "Transfer: the class, learned from one artist and tested on each",
		tables: []addedTable{
			{"This run, kNN: trained on the artist of the row, tested on that of the column", matrixRows(run, run.KNN, f.draws), 1},
			{"This run, linear probe", matrixRows(run, run.Probe, f.draws), 1},
			{"Means over artists, beside the baselines: tested on the artist trained on, on the others, and what that costs", summary, 2},
		},
		about: fmt.Sprintf("Mean ± standard deviation over %s of four fifths of the training items; %d neighbors vote.", plural(f.draws, "draw"), run.K) + e.pixelsLeftOut() + unconvergedNote(unconverged),
		value: values,
	}, nil
}

func (e *evaluation) transferOptions(m *measured, f *further) eval.TransferOptions {
	return eval.TransferOptions{K: e.k, Draws: f.draws, WithoutProbe: m.key == "raw_pixels" && !e.probesPixels()}
}

// matrixRows is a matrix with its names.
func matrixRows(r *eval.TransferResult, matrix [][]eval.Spread, draws int) [][]string {
	rows := [][]string{append([]string{""}, r.Test...)}
	for i, name := range r.Train {
		row := []string{name}
		for _, s := range matrix[i] {
			row = append(row, meanSpread(s.Mean, s.Std, draws))
		}
		rows = append(rows, row)
	}
	return rows
}

// ownAndOthers is the mean of a matrix where it is trained and tested on one domain, where not, and the difference.
func ownAndOthers(r *eval.TransferResult, matrix [][]eval.Spread) []string {
	if matrix == nil {
		return []string{"–", "–", "–"}
	}
	var own, others, owns, otherses float64
	for i, train := range r.Train {
		for j, test := range r.Test {
			if train == test {
				own, owns = own+matrix[i][j].Mean, owns+1
			} else {
				others, otherses = others+matrix[i][j].Mean, otherses+1
			}
		}
	}
	own, others = own/owns, others/otherses
	return []string{fmt.Sprintf("%.3f", own), fmt.Sprintf("%.3f", others), fmt.Sprintf("%+.3f", others-own)}
}

// corruptions trains on clean pictures and tests on damaged ones.
func (e *evaluation) corruptions(ctx context.Context, backend compute.Backend, f *further) (*addition, error) {
	clean := e.test
	if e.byItem() {
		var err error
		if clean, err = e.test.Domain(e.cross.Gallery); err != nil {
			return nil, err
		}
	}
	names, pictures := []string{"clean"}, []*datasets.Images{clean}
	for _, c := range eval.Corruptions() {
		damaged, err := eval.Corrupt(clean, c, 0)
		if err != nil {
			return nil, err
		}
		names, pictures = append(names, c.Name()), append(pictures, damaged)
	}
	head, sub := []string{""}, []string{""}
	for _, name := range names {
		kind, strength, _ := strings.Cut(name, " ")
		head, sub = append(head, kind), append(sub, strength)
	}
	knn, probe := [][]string{head, sub}, [][]string{head, sub}
	values := map[string]*eval.TransferResult{}
	var voted, unconverged int
	for _, m := range e.probed() {
		bank, err := e.bankOf(m)
		if err != nil {
			return nil, err
		}
		var test []eval.Part
		for i, images := range pictures {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			vectors, err := m.embed(images)
			if err != nil {
				return nil, err
			}
			test = append(test, eval.Part{Name: names[i], Embeddings: vectors})
		}
		r, err := eval.Transfer(backend, []eval.Part{{Name: "clean", Embeddings: bank}}, test, e.transferOptions(m, f))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
		values[m.key] = r
		voted = r.K
		unconverged += r.Unconverged
		knn = append(knn, spreadRow(m.name, r.KNN, f.draws, len(names)))
		probe = append(probe, spreadRow(m.name, r.Probe, f.draws, len(names)))
	}
	of := thousands(clean.Len()) + " test pictures"
	if e.byItem() {
		of += " by " + e.cross.Gallery
	}
	return &addition{
		key: "corruptions", title: "Robustness: the class, learned from clean pictures and tested on damaged ones",
		tables: []addedTable{{"kNN", knn, 2}, {"linear probe", probe, 2}},
		about:  fmt.Sprintf("On %s; mean ± standard deviation over %s of four fifths of the training pictures; %d neighbors vote.", of, plural(f.draws, "draw"), voted) + e.pixelsLeftOut() + unconvergedNote(unconverged),
		value:  values,
	}, nil
}

// spreadRow is the only row of a matrix, – in each cell without one.
func spreadRow(name string, matrix [][]eval.Spread, draws, cells int) []string {
	row := []string{name}
	for i := range cells {
		if matrix == nil {
			row = append(row, "–")
		} else {
			row = append(row, meanSpread(matrix[0][i].Mean, matrix[0][i].Std, draws))
		}
	}
	return row
}
