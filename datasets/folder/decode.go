package folder

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

// maxFile is how large a file may be.
const maxFile = 256 << 20

// decoder decodes one file after another.
type decoder struct {
	root *os.Root
	file bytes.Buffer
	out  *image.RGBA

	scaler         draw.Scaler // for pictures of the last size
	scalerTo, from int
}

// format is a kind of picture, known by how it begins.
type format struct {
	magic  string
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

var formats = []format{
	{"\xff\xd8\xff", jpeg.DecodeConfig, jpeg.Decode},
	{"\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode},
	{"GIF8", gif.DecodeConfig, gif.Decode}, // the first frame
	{"RIFF", webp.DecodeConfig, webp.Decode},
}

// load reads a file and says what it is, without decoding it.
func (d *decoder) load(path string) (format, image.Config, error) {
	file, err := d.root.Open(filepath.FromSlash(path))
	if err != nil {
		return format{}, image.Config{}, err
	}
	defer file.Close()
	d.file.Reset()
	n, err := d.file.ReadFrom(io.LimitReader(file, maxFile+1))
	switch {
	case err != nil:
		return format{}, image.Config{}, err
	case n == 0:
		return format{}, image.Config{}, errEmpty
	case n > maxFile:
		return format{}, image.Config{}, fmt.Errorf("has more than %d MiB", maxFile>>20)
	}
	for _, f := range formats {
		if !bytes.HasPrefix(d.file.Bytes(), []byte(f.magic)) {
			continue
		}
		config, err := f.config(bytes.NewReader(d.file.Bytes()))
		if err == nil {
			err = errors.Join(checkSize(config), checkLossless(d.file.Bytes()))
		}
		return f, config, err
	}
	return format{}, image.Config{}, errors.New("is neither JPEG, PNG, WebP nor GIF, whatever its name says")
}

// size is the size of the picture in a file.
func (d *decoder) size(path string) (image.Point, error) {
	_, config, err := d.load(path)
	return image.Pt(config.Width, config.Height), err
}

// square decodes a file and writes its central square, scaled and upright, to pixels, [side, side, Channels].
func (d *decoder) square(path string, side int, pixels []uint8) (err error) {
	defer func() { // a decoder that a damaged file can make panic must not end the reading of the others
		if r := recover(); r != nil {
			err = fmt.Errorf("cannot be decoded: %v", r)
		}
	}()
	f, _, err := d.load(path)
	if err != nil {
		return err
	}
	picture, err := f.decode(bytes.NewReader(d.file.Bytes()))
	if err != nil {
		return err
	}
	d.scale(picture, side)
	turn := orientation(d.file.Bytes())
	for y := range side {
		for x := range side {
			from := d.out.Pix[d.out.PixOffset(upright(turn, x, y, side)):]
			copy(pixels[(y*side+x)*Channels:][:Channels], from)
		}
	}
	return nil
}

// scale draws the picture's central square into d.out. Scaling down averages over all pixels that fall together, as
// the antialiased bilinear filter of PIL and torchvision does. What is transparent lies on white.
func (d *decoder) scale(picture image.Image, side int) {
	if d.out == nil || d.out.Rect.Dx() != side {
		d.out = image.NewRGBA(image.Rect(0, 0, side, side))
	}
	b := picture.Bounds()
	short := min(b.Dx(), b.Dy())
	corner := b.Min.Add(image.Pt((b.Dx()-short)/2, (b.Dy()-short)/2))
	square := image.Rectangle{Min: corner, Max: corner.Add(image.Pt(short, short))}
	op := draw.Src
	if o, ok := picture.(interface{ Opaque() bool }); !ok || !o.Opaque() {
		op = draw.Over
		draw.Draw(d.out, d.out.Rect, image.White, image.Point{}, draw.Src)
	}
	if short == side {
		draw.Draw(d.out, d.out.Rect, picture, corner, op)
		return
	}
	if d.scaler == nil || d.from != short || d.scalerTo != side {
		d.scaler, d.from, d.scalerTo = draw.BiLinear.NewScaler(side, side, short, short), short, side
	}
	d.scaler.Scale(d.out, d.out.Rect, picture, square, op, nil)
}

// checkLossless refuses a WebP whose lossless data claim another size than its head, which the decoder notices only
// after it has made room for them.
func checkLossless(file []byte) error {
	if !bytes.HasPrefix(file, []byte("RIFF")) {
		return nil
	}
	for at := 12; at+13 <= len(file); {
		length := int64(binary.LittleEndian.Uint32(file[at+4:]))
		if string(file[at:at+4]) == "VP8L" {
			// A signature byte, then 14 bits of width − 1 and 14 of height − 1.
			bits := binary.LittleEndian.Uint32(file[at+9:])
			return checkSize(image.Config{Width: int(bits&0x3fff) + 1, Height: int(bits>>14&0x3fff) + 1})
		}
		next := int64(at) + 8 + length + length%2
		if next > int64(len(file)) {
			return nil
		}
		at = int(next)
	}
	return nil
}
