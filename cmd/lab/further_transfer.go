package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// domainTransfer trains on the pictures of one artist and tests on those of each.
func (e *evaluation) domainTransfer(backend compute.Backend, f *further) (*addition, error) {
	values := map[string]*eval.TransferResult{}
	summary := [][]string{
		{"", "kNN", "kNN", "kNN", "probe", "probe", "probe"},
		{"", "own", "others", "drop", "own", "others", "drop"},
	}
	var run *eval.TransferResult
	unconverged := 0
	for _, m := range e.probed() {
		e.status.note("measuring: transfer between artists by %s", m.name)
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
			line = append(line, moved(r, matrix, f.draws)...)
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
			{"Means over artists, beside the baselines: tested on the artist trained on (own), on the others, and how much is lost by that (drop)", summary, 2},
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

// moved is a matrix summed up: tested on the domain trained on, on the others, and what that costs.
func moved(r *eval.TransferResult, matrix [][]eval.Spread, draws int) []string {
	m, ok := r.Move(matrix)
	if !ok {
		return []string{"–", "–", "–"}
	}
	var cells []string
	for _, s := range []eval.Spread{m.Own, m.Others, m.Drop} {
		cells = append(cells, meanSpread(s.Mean, s.Std, draws))
	}
	return cells
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
	damaged := [][]string{slices.Delete(slices.Clone(head), 1, 2), slices.Delete(slices.Clone(sub), 1, 2)} // a clean picture loses nothing
	knnDrop, probeDrop := slices.Clone(damaged), slices.Clone(damaged)
	values := map[string]*eval.TransferResult{}
	var voted, unconverged int
	for _, m := range e.probed() {
		e.status.note("measuring: damaged pictures by %s", m.name)
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
		for _, t := range []struct {
			matrix             [][]eval.Spread
			accuracies, losses *[][]string
		}{{r.KNN, &knn, &knnDrop}, {r.Probe, &probe, &probeDrop}} {
			accuracies, drops := spreadRows(m.name, r, t.matrix, f.draws)
			*t.accuracies, *t.losses = append(*t.accuracies, accuracies), append(*t.losses, drops)
		}
	}
	of := thousands(clean.Len()) + " test pictures"
	if e.byItem() {
		of += " by " + e.cross.Gallery
	}
	return &addition{
		key: "corruptions", title: "Robustness: the class, learned from clean pictures and tested on damaged ones",
		tables: []addedTable{{"Accuracy of kNN", knn, 2}, {"What is lost of it against clean pictures", knnDrop, 2},
			{"Accuracy of the linear probe", probe, 2}, {"What is lost of it against clean pictures", probeDrop, 2}},
		about: fmt.Sprintf("On %s; mean ± standard deviation over %s of four fifths of the training pictures; %d neighbors vote.", of, plural(f.draws, "draw"), voted) + e.pixelsLeftOut() + unconvergedNote(unconverged),
		value: values,
	}, nil
}

// spreadRows are the only row of a matrix, whose first column is clean, and what each other column loses against that; –
// in each cell without one.
func spreadRows(name string, r *eval.TransferResult, matrix [][]eval.Spread, draws int) (accuracies, drops []string) {
	accuracies, drops = []string{name}, []string{name}
	for j := range r.Test {
		accuracy, lost := "–", "–"
		if matrix != nil {
			accuracy = meanSpread(matrix[0][j].Mean, matrix[0][j].Std, draws)
			if drop, ok := r.DropSpread(matrix, 0, j); ok {
				lost = meanSpread(drop.Mean, drop.Std, draws)
			}
		}
		accuracies = append(accuracies, accuracy)
		if j > 0 {
			drops = append(drops, lost)
		}
	}
	return accuracies, drops
}
