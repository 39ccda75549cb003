package main

import (
	"fmt"
	"image"
	"slices"

	"github.com/contrastlab/contrastlab/pkg/contrastive"
	"github.com/contrastlab/contrastlab/pkg/contrastive/chart"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// How much the report shows. Always the first of the test set, whose order is a mix of all groups: nothing is
// picked by how it looks.
const (
	reportViews     = 8
	viewsEach       = 6
	reportMatrix    = 64 // items, by two artists each
	reportQueries   = 10
	reportNeighbors = 6
)

// viewSection shows what augmentation makes of pictures.
func (e *evaluation) viewSection() (chart.Section, error) {
	pictures := e.source.Train().Shuffle(1).Take(reportViews)
	c := e.run.Config
	backend, err := contrastive.Backend()
	if err != nil {
		return chart.Section{}, err
	}
	views, err := c.Augment.Preview(backend, pictures, viewsEach, c.Size, c.Seed)
	if err != nil {
		return chart.Section{}, err
	}
	var originals []image.Image
	var names []string
	for i := range pictures.Len() {
		originals = append(originals, pictures.At(i))
		if pictures.Items != nil {
			names = append(names, pictures.ItemNames[pictures.Items[i]])
		}
	}
	about := "Two views of one picture are to come out alike, those of others not."
	if c.Positives == contrastive.SameItem {
		about = "Views of two pictures of one item are to come out alike, those of other items not."
	}
	return chart.Section{Title: "What it was shown", Text: about, Charts: []*chart.Chart{chart.Views(originals, views, names)}}, nil
}

// similaritySection shows similarities before training and after.
func (e *evaluation) similaritySection() (chart.Section, error) {
	section := chart.Section{
		Title: "Similarities before and after training",
		Text: fmt.Sprintf("The matrices show the first %d test items by %s and %s, sorted by class. The histograms compare pairs of one item, by two artists, with pairs of different items, over all test pictures.",
			reportMatrix, e.protocol.Query, e.protocol.Gallery),
	}
	for _, m := range []struct {
		row  int
		when string
	}{{rowUntrained, "before training"}, {rowRun, "after training"}} {
		test := e.rows[m.row].test
		matrix := chart.Similarity(test.Select(firstItems(test, reportMatrix, e.protocol.Query, e.protocol.Gallery)))
		matrix.Title = "Similarity of test pictures " + m.when
		section.Charts = append(section.Charts, matrix)
	}
	for _, m := range []struct {
		row  int
		when string
	}{{rowUntrained, "before training"}, {rowRun, "after training"}} {
		positive, negative, err := eval.Similarities(e.rows[m.row].test, eval.PairOptions{Seed: 1})
		if err != nil {
			return section, err
		}
		histogram := chart.Histogram(positive, negative)
		histogram.Title = "One item by two artists, against different items, " + m.when
		section.Charts = append(section.Charts, histogram)
	}
	return section, nil
}

// firstItems are the rows of the first items that domains show.
func firstItems(e *eval.Embeddings, items int, domains ...string) []int {
	seen := map[int32]bool{}
	var rows []int
	for i, item := range e.Images.Items {
		if !seen[item] && len(seen) == items || !slices.Contains(domains, e.Images.DomainNames[e.Images.Domains[i]]) {
			continue
		}
		seen[item] = true
		rows = append(rows, i)
	}
	return rows
}

// neighborSection shows the nearest neighbors of the first test items.
func (e *evaluation) neighborSection() (chart.Section, error) {
	section := chart.Section{
		Title: "Nearest neighbors",
		Text: fmt.Sprintf("The first %d test items by %s, and the pictures by %s that come nearest, among all %d. A hit is the same item.",
			reportQueries, e.protocol.Query, e.protocol.Gallery, e.rows[rowRun].scores.GallerySize),
	}
	for _, row := range []int{rowPixels, rowRun} {
		c, err := e.neighbors(row)
		if err != nil {
			return section, err
		}
		c.Title = "Nearest neighbors by " + e.rows[row].name
		section.Charts = append(section.Charts, c)
	}
	return section, nil
}

func (e *evaluation) neighbors(row int) (*chart.Chart, error) {
	backend, err := contrastive.Backend()
	if err != nil {
		return nil, err
	}
	test, pictures := e.rows[row].test, e.source.Test()
	queryRows := firstItems(test, reportQueries, e.protocol.Query)
	galleryRows := firstItems(test, test.N, e.protocol.Gallery)
	found, _, err := eval.Neighbors(backend, test.Select(queryRows), test.Select(galleryRows), min(reportNeighbors, len(galleryRows)))
	if err != nil {
		return nil, err
	}
	queries := make([]image.Image, len(queryRows))
	neighbors := make([][]image.Image, len(queryRows))
	hits := make([][]bool, len(queryRows))
	for q, i := range queryRows {
		queries[q] = pictures.At(i)
		for _, g := range found[q] {
			j := galleryRows[g]
			neighbors[q] = append(neighbors[q], pictures.At(j))
			hits[q] = append(hits[q], pictures.Items[j] == pictures.Items[i])
		}
	}
	return chart.Neighbors(queries, neighbors, hits), nil
}
