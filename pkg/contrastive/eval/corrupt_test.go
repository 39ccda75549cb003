package eval

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/datasets"
)

func TestCorruptByHand(t *testing.T) {
	gray := &datasets.Images{Name: "gray", Height: 2, Width: 3, Channels: 1, Pixels: []uint8{1, 2, 3, 4, 5, 6}}
	square := &datasets.Images{Height: 2, Width: 2, Channels: 1, Pixels: []uint8{10, 20, 30, 40, 1, 2, 3, 4}, Labels: []int32{0, 1}, LabelNames: []string{"a", "b"}}
	rgba := &datasets.Images{Height: 1, Width: 2, Channels: 4, Pixels: []uint8{255, 0, 0, 7, 10, 20, 30, 200}}
	pixels := func(images *datasets.Images, c Corruption) []uint8 {
		before := slices.Clone(images.Pixels)
		damaged, err := Corrupt(images, c, 1)
		require.NoError(t, err)
		require.Equal(t, before, images.Pixels, "the pictures given are left alone")
		require.Equal(t, images.Labels, damaged.Labels)
		return damaged.Pixels
	}
	require.Equal(t, []uint8{20, 40, 10, 30, 2, 4, 1, 3}, pixels(square, Rotated{90}), "counterclockwise")
	require.Equal(t, []uint8{6, 5, 4, 3, 2, 1}, pixels(gray, Rotated{180}))
	require.Equal(t, gray.Pixels, pixels(gray, Rotated{360}))
	require.Equal(t, gray.Pixels, pixels(gray, Rotated{}))
	require.Equal(t, []uint8{0, 255, 255, 7, 245, 235, 225, 200}, pixels(rgba, Inverted{}), "alpha stays")
	require.Equal(t, []uint8{76, 76, 76, 7, 18, 18, 18, 200}, pixels(rgba, Grayscale{}))
	require.Equal(t, gray.Pixels, pixels(gray, Grayscale{}))
	require.Equal(t, gray.Pixels, pixels(gray, Noisy{}))
	noisy := pixels(rgba, Noisy{0.5})
	require.Equal(t, []uint8{7, 200}, []uint8{noisy[3], noisy[7]})
	require.NotEqual(t, rgba.Pixels, noisy)

	for _, c := range []Corruption{Rotated{math.NaN()}, Noisy{-1}, Noisy{math.Inf(1)}} {
		require.Error(t, second(Corrupt(gray, c, 1)))
	}
	require.ErrorContains(t, second(Corrupt(&datasets.Images{}, Inverted{}, 1)), "0×0")
}

func TestNoiseHasItsDeviation(t *testing.T) {
	flat := &datasets.Images{Height: 50, Width: 50, Channels: 1, Pixels: slices.Repeat([]uint8{128}, 5000)}
	one, err := Corrupt(flat, Noisy{0.1}, 3)
	require.NoError(t, err)
	sum, squares := 0.0, 0.0
	for _, v := range one.Pixels {
		sum, squares = sum+float64(v)-128, squares+(float64(v)-128)*(float64(v)-128)
	}
	near(t, "mean", sum/5000, 0, 1.5)
	near(t, "standard deviation", math.Sqrt(squares/5000), 25.5, 1)
	again, err := Corrupt(flat, Noisy{0.1}, 3)
	require.NoError(t, err)
	require.Equal(t, one.Pixels, again.Pixels)
	other, err := Corrupt(flat, Noisy{0.1}, 4)
	require.NoError(t, err)
	require.NotEqual(t, one.Pixels, other.Pixels)
	require.NotEqual(t, one.Pixels[:2500], one.Pixels[2500:], "each picture has noise of its own")
	names := map[string]bool{}
	for _, c := range Corruptions() {
		names[c.Name()] = true
	}
	require.Len(t, names, 6)
	require.True(t, names["rotated 90°"])
}
