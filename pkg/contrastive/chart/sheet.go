package chart

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"

	"github.com/contrastlab/contrastlab/pkg/contrastive/chart/internal/raster"
)

// sheet is the pictures of a map on their way to runtime.js, all in one JPEG.
type sheet struct {
	Image   string       `json:"image"` // a data URI
	Tile    int          `json:"tile"`  // the side of a picture in it, in pixels
	Columns int          `json:"columns"`
	Size    int          `json:"size"` // of a picture on the page, and the distance that two need, in CSS pixels
	Gap     int          `json:"gap"`
	Points  [][2]float64 `json:"points"`
	Lines   int          `json:"lines"` // of the caption at full width, and the room below the plot with it
	Bottom  int          `json:"bottom"`
}

// sheetTile is the side of a picture in a sheet: enough for a map on a fine screen, or zoomed in.
const sheetTile = 40

func newSheet(pictures []image.Image) (*sheet, error) {
	columns := int(math.Ceil(math.Sqrt(float64(len(pictures)))))
	rows := (len(pictures) + columns - 1) / columns
	canvas := raster.NewCanvas(columns*sheetTile, rows*sheetTile, color.White)
	for i, picture := range pictures {
		corner := image.Pt(i%columns*sheetTile, i/columns*sheetTile)
		place(canvas.Image, image.Rectangle{Min: corner, Max: corner.Add(image.Pt(sheetTile, sheetTile))}, picture)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, canvas.Image, &jpeg.Options{Quality: 70}); err != nil {
		return nil, fmt.Errorf("pictures of a map: %w", err)
	}
	return &sheet{Image: "data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(b.Bytes()), Tile: sheetTile, Columns: columns, Size: thumb, Gap: thumbGap}, nil
}
