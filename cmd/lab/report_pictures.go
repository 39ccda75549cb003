package main

import (
	"fmt"
	"image"
	"math/rand/v2"
	"slices"

	"github.com/contrastlab/contrastlab/datasets"
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
		switch {
		case pictures.Items != nil:
			names = append(names, pictures.ItemNames[pictures.Items[i]])
		case pictures.Labels != nil:
			names = append(names, pictures.LabelNames[pictures.Labels[i]])
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
			reportMatrix, e.cross.Query, e.cross.Gallery),
	}
	pairs := "One item by two artists, against different items, "
	if !e.byItem() {
		section.Text = fmt.Sprintf("The matrices show the first %d test pictures, drawn from all classes and sorted by class. The histograms compare pairs of one class with pairs of different classes, over all test pictures.", 2*reportMatrix)
		pairs = "One class, against different classes, "
	}
	for _, m := range []struct {
		row  int
		when string
	}{{rowUntrained, "before training"}, {rowRun, "after training"}} {
		test := e.rows[m.row].test
		rows := e.mixed(2 * reportMatrix)
		if e.byItem() {
			rows = firstItems(test, reportMatrix, e.cross.Query, e.cross.Gallery)
		}
		matrix := chart.Similarity(test.Select(rows))
		matrix.Title = "Similarity of test pictures " + m.when
		section.Charts = append(section.Charts, matrix)
	}
	for _, m := range []struct {
		row  int
		when string
	}{{rowUntrained, "before training"}, {rowRun, "after training"}} {
		test := *e.rows[m.row].test
		if !e.byItem() { // one class takes the place of one item
			images := *test.Images
			images.Items, images.ItemNames = images.Labels, images.LabelNames
			test.Images = &images
		}
		positive, negative, err := eval.Similarities(&test, eval.PairOptions{Seed: 1})
		if err != nil {
			return section, err
		}
		histogram := chart.Histogram(positive, negative)
		histogram.Title = pairs + m.when
		section.Charts = append(section.Charts, histogram)
	}
	return section, nil
}

// mixed are the rows of test pictures from all classes, in an order that a seed decides: those of a folder lie class by
// class.
func (e *evaluation) mixed(n int) []int {
	return rand.New(rand.NewPCG(1, 0)).Perm(e.test.Len())[:min(n, e.test.Len())]
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

// neighborSection shows the nearest neighbors of the first test items, or of some test pictures.
func (e *evaluation) neighborSection() (chart.Section, error) {
	section := chart.Section{Title: "Nearest neighbors"}
	if e.byItem() {
		section.Text = fmt.Sprintf("The first %d test items by %s, and the pictures by %s that come nearest, among all %d. A hit is the same item.",
			reportQueries, e.cross.Query, e.cross.Gallery, e.rows[rowRun].scores.GallerySize)
	} else {
		section.Text = fmt.Sprintf("%d test pictures, drawn by a seed, and those that come nearest among %s training pictures. A hit is the same class.",
			min(reportQueries, e.test.Len()), thousands(e.bank.Len()))
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
	m := e.rows[row]
	queryRows, galleryRows := e.mixed(reportQueries), []int(nil)
	var gallery *eval.Embeddings
	from, same := e.bank, func(s *datasets.Images) []int32 { return s.Labels }
	if e.byItem() {
		queryRows, galleryRows = firstItems(m.test, reportQueries, e.cross.Query), firstItems(m.test, m.test.N, e.cross.Gallery)
		gallery, from, same = m.test.Select(galleryRows), e.test, func(s *datasets.Images) []int32 { return s.Items }
	} else if gallery, err = e.bankOf(&m); err != nil {
		return nil, err
	}
	found, _, err := eval.Neighbors(backend, m.test.Select(queryRows), gallery, min(reportNeighbors, gallery.N))
	if err != nil {
		return nil, err
	}
	queries := make([]image.Image, len(queryRows))
	neighbors := make([][]image.Image, len(queryRows))
	hits := make([][]bool, len(queryRows))
	for q, i := range queryRows {
		queries[q] = e.test.At(i)
		for _, g := range found[q] {
			j := int(g)
			if galleryRows != nil {
				j = galleryRows[j]
			}
			neighbors[q] = append(neighbors[q], from.At(j))
			hits[q] = append(hits[q], same(from)[j] == same(e.test)[i])
		}
	}
	return chart.Neighbors(queries, neighbors, hits), nil
}
