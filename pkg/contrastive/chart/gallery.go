package chart

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"strings"

	"golang.org/x/image/draw"

	"github.com/contrastlab/contrastlab/pkg/contrastive/chart/internal/raster"
)

// maxGalleryRows is how many rows a gallery shows; more are left out, and the note says so.
const maxGalleryRows = 16

// tileSize is the side of a picture in a gallery in CSS pixels.
const tileSize = 64

// Views draws pictures in the first column and, beside each, the views made of it. names label the rows; nil for
// none. Rows may have different numbers of views.
func Views(originals []image.Image, views [][]image.Image, names []string) *Chart {
	const title = "Pictures and their views"
	if len(originals) == 0 {
		return failed(title, "no pictures")
	}
	if len(views) != len(originals) {
		return failed(title, "%d rows of views for %d pictures", len(views), len(originals))
	}
	if names != nil && len(names) != len(originals) {
		return failed(title, "%d names for %d pictures", len(names), len(originals))
	}
	g := gallery{title: title, first: "original", columns: func(i int) string { return fmt.Sprintf("view %d", i+1) }, names: names}
	total := 0
	for i, o := range originals {
		g.rows = append(g.rows, append([]image.Image{o}, views[i]...))
		total += len(views[i])
	}
	g.alt = fmt.Sprintf("%d pictures, each followed by the views that augmentation made of it, %d in all.", len(originals), total)
	return g.chart()
}

// PictureTable draws rows of pictures under named columns, such as one emoji by each artist. names label the rows;
// nil for none.
func PictureTable(rows [][]image.Image, columns, names []string) *Chart {
	const title = "Pictures"
	if len(rows) == 0 || len(columns) == 0 {
		return failed(title, "no pictures")
	}
	if names != nil && len(names) != len(rows) {
		return failed(title, "%d names for %d rows", len(names), len(rows))
	}
	for i, row := range rows {
		if len(row) != len(columns) {
			return failed(title, "row %d has %d pictures for %d columns", i, len(row), len(columns))
		}
	}
	g := gallery{title: title, first: columns[0], columns: func(i int) string { return columns[i+1] }, names: names, rows: rows}
	g.alt = fmt.Sprintf("%d rows of pictures, by column: %s.", len(rows), strings.Join(columns, ", "))
	return g.chart()
}

// Neighbors draws query pictures in the first column and their nearest neighbors, nearest first, beside them. hits
// says which neighbors are right (of the query's class, or the same item): those have a solid blue frame and a check
// mark, the others a dashed orange frame and a cross. A nil hits draws plain frames.
func Neighbors(queries []image.Image, neighbors [][]image.Image, hits [][]bool) *Chart {
	const title = "Nearest neighbors"
	if len(queries) == 0 {
		return failed(title, "no queries")
	}
	if len(neighbors) != len(queries) {
		return failed(title, "%d rows of neighbors for %d queries", len(neighbors), len(queries))
	}
	if hits != nil && len(hits) != len(queries) {
		return failed(title, "%d rows of hits for %d queries", len(hits), len(queries))
	}
	g := gallery{title: title, first: "query", columns: func(i int) string { return fmt.Sprint(i + 1) }, hits: hits}
	right, firsts, total := 0, 0, 0
	for i, q := range queries {
		if hits != nil && len(hits[i]) != len(neighbors[i]) {
			return failed(title, "row %d has %d hits for %d neighbors", i, len(hits[i]), len(neighbors[i]))
		}
		g.rows = append(g.rows, append([]image.Image{q}, neighbors[i]...))
		total += len(neighbors[i])
		if hits != nil {
			for k, hit := range hits[i] {
				if hit {
					right++
					if k == 0 {
						firsts++
					}
				}
			}
		}
	}
	g.alt = fmt.Sprintf("%d queries, each followed by its nearest neighbors.", len(queries))
	if hits != nil {
		g.note = fmt.Sprintf("check mark: hit, cross: miss; %d of %d neighbors are hits, %d of %d nearest ones", right, total, firsts, len(queries))
		g.alt = fmt.Sprintf("%d queries, each followed by its nearest neighbors: %d of %d are hits, and the nearest is one for %d queries.", len(queries), right, total, firsts)
	}
	return g.chart()
}

// gallery is rows of pictures, the first of each row set apart.
type gallery struct {
	title, note, alt string
	first            string
	columns          func(i int) string
	names            []string
	rows             [][]image.Image
	hits             [][]bool
}

// The spacing of a gallery in CSS pixels.
const (
	galleryTop, galleryLeft = 58, 14
	tileGap, firstGap       = 10, 18
	nameWidth               = 130
)

func (g gallery) chart() *Chart {
	c := &Chart{Title: g.title, Note: g.note, Alt: g.alt}
	if len(g.rows) > maxGalleryRows {
		c.Note = trimNote(fmt.Sprintf("the first %d of %d rows; %s", maxGalleryRows, len(g.rows), g.note))
		g.rows = g.rows[:maxGalleryRows]
	}
	columns := 0
	for r, row := range g.rows {
		columns = max(columns, len(row))
		for k, img := range row {
			if img == nil || img.Bounds().Empty() {
				return failed(g.title, "picture %d of row %d is empty", k, r)
			}
		}
	}
	tile := tileSize
	left := galleryLeft
	if g.names != nil {
		left += nameWidth
	}
	if wide := left + firstGap + columns*(tile+tileGap); wide > 1000 {
		tile = max(24, (1000-left-firstGap)/columns-tileGap)
	}
	c.Width = max(360, left+firstGap+columns*(tile+tileGap)+4)
	c.made = c.head()
	top := galleryTop + c.made
	c.Height = top + len(g.rows)*(tile+tileGap) + 6
	canvas := raster.NewCanvas(scaled(c.Width), scaled(c.Height), color.White)
	at := func(k int) int {
		x := left + k*(tile+tileGap)
		if k > 0 {
			x += firstGap - tileGap
		}
		return x
	}
	size := 12 * pictureScale
	for k := range columns {
		label := g.first
		if k > 0 {
			label = g.columns(k - 1)
		}
		x := (float64(at(k)) + float64(tile)/2) * pictureScale
		canvas.Text(fitText(label, size, false, float64(tile+tileGap)*pictureScale), x, float64(top-12)*pictureScale, size, false, raster.Middle, hexColor(faint))
	}
	for r, row := range g.rows {
		y := top + r*(tile+tileGap)
		if g.names != nil {
			canvas.Text(fitText(g.names[r], size, false, (nameWidth-12)*pictureScale), float64(left-10)*pictureScale, (float64(y)+float64(tile)/2)*pictureScale, size, false, raster.End, hexColor(ink))
		}
		for k, img := range row {
			box := image.Rect(scaled(at(k)), scaled(y), scaled(at(k)+tile), scaled(y+tile))
			place(canvas.Image, box, img)
			frame(canvas, box, k, g.hits, r)
		}
	}
	c.picture = canvas.Image
	return c
}

// place draws a picture over white into a box, enlarged by whole pixels' look, keeping its proportions.
func place(dst *image.RGBA, box image.Rectangle, img image.Image) {
	b := img.Bounds()
	k := math.Min(float64(box.Dx())/float64(b.Dx()), float64(box.Dy())/float64(b.Dy()))
	w, h := max(1, int(math.Round(float64(b.Dx())*k))), max(1, int(math.Round(float64(b.Dy())*k)))
	to := image.Rect(0, 0, w, h).Add(box.Min).Add(image.Pt((box.Dx()-w)/2, (box.Dy()-h)/2))
	var scaler draw.Interpolator = draw.NearestNeighbor // small pictures keep their pixels
	if k < 1 {
		scaler = draw.CatmullRom
	}
	scaler.Scale(dst, to, img, b, draw.Over, nil)
}

// frame marks a tile: a thin gray frame, or a hit or a miss by color, line and sign.
func frame(canvas *raster.Canvas, box image.Rectangle, column int, hits [][]bool, row int) {
	x, y, w, h := float64(box.Min.X), float64(box.Min.Y), float64(box.Dx()), float64(box.Dy())
	if column == 0 || hits == nil {
		canvas.StrokeRect(x-0.5, y-0.5, w+1, h+1, 1, nil, hexColor("#B8BEC6"))
		return
	}
	r := math.Min(8*pictureScale, w/5)
	cx, cy := x+w-r*0.7, y+h-r*0.7
	if hits[row][column-1] {
		blue := hexColor(okabeIto[0])
		canvas.StrokeRect(x-1.5, y-1.5, w+3, h+3, 3, nil, blue)
		canvas.FillCircle(cx, cy, r+1.5, color.White)
		canvas.FillCircle(cx, cy, r, blue)
		canvas.StrokeLine([]raster.Point{{X: cx - r*0.45, Y: cy + r*0.05}, {X: cx - r*0.1, Y: cy + r*0.4}, {X: cx + r*0.5, Y: cy - r*0.4}}, r*0.28, nil, color.White)
		return
	}
	orange := hexColor(okabeIto[1])
	canvas.StrokeRect(x-1.5, y-1.5, w+3, h+3, 2.5, []float64{7, 5}, orange)
	canvas.FillRect(cx-r-1.5, cy-r-1.5, 2*r+3, 2*r+3, color.White)
	canvas.FillRect(cx-r, cy-r, 2*r, 2*r, orange)
	for _, s := range []float64{1, -1} {
		canvas.StrokeLine([]raster.Point{{X: cx - r*0.45, Y: cy - s*r*0.45}, {X: cx + r*0.45, Y: cy + s*r*0.45}}, r*0.28, nil, color.White)
	}
}

// titled is the picture with the title and the note as they are now.
func (c *Chart) titled() image.Image {
	canvas := raster.NewCanvas(scaled(c.Width), scaled(c.height()), color.White)
	draw.Draw(canvas.Image, c.picture.Bounds().Add(image.Pt(0, scaled(c.shift()))), c.picture, image.Point{}, draw.Over)
	c.writeTitle(canvas)
	return canvas.Image
}

// trimNote drops the separator of an empty second half.
func trimNote(s string) string {
	for len(s) > 2 && s[len(s)-2:] == "; " {
		s = s[:len(s)-2]
	}
	return s
}
