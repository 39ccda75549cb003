package contrastive

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/ml/model"

	"github.com/contrastlab/contrastlab/datasets"
)

// EncoderHash is the SHA-256, in hexadecimal, of all that the encoder computes with: its variables, running
// averages of normalisations included, each with its name and shape, in the order of the names. Two runs with one hash
// give the same features; an encoder that is only measured keeps it.
func (r *Run) EncoderHash() (string, error) {
	variables := r.encoderVariables()
	if len(variables) == 0 { // an untrained run draws its weights when it is first used
		blank := &datasets.Images{Name: "a blank picture", Height: r.Data.Height, Width: r.Data.Width, Channels: r.Data.Channels,
			Pixels: make([]uint8, r.Data.Height*r.Data.Width*r.Data.Channels)}
		if _, err := r.Embed(blank); err != nil {
			return "", err
		}
		variables = r.encoderVariables()
	}
	sum := sha256.New()
	for _, v := range variables {
		value, err := v.Value()
		if err != nil {
			return "", fmt.Errorf("hash of the encoder: %s: %w", v.Path(), err)
		}
		fmt.Fprintf(sum, "%s %s\n", v.Path(), v.Shape())
		if err := value.ConstBytes(func(data []byte) { sum.Write(data) }); err != nil {
			return "", fmt.Errorf("hash of the encoder: %s: %w", v.Path(), err)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// encoderVariables are those of the encoder in the order of their paths.
func (r *Run) encoderVariables() []*model.Variable {
	variables := slices.Collect(r.store.Scope(learnScope + "/encoder").IterVariables())
	slices.SortFunc(variables, func(a, b *model.Variable) int { return strings.Compare(a.Path(), b.Path()) })
	return variables
}

// Frozen calls measure and makes sure that it left the encoder as it was, by its [Run.EncoderHash], which it returns. If it did
// not, the error says so: then what was measured is not this encoder.
func (r *Run) Frozen(measure func() error) (hash string, err error) {
	hash, err = r.EncoderHash()
	if err != nil {
		return "", err
	}
	if err := measure(); err != nil {
		return "", err
	}
	after, err := r.EncoderHash()
	if err != nil {
		return "", err
	}
	if after != hash {
		return "", fmt.Errorf("the encoder is not frozen: its weights changed while it was measured, from sha256 %.12s… to %.12s…; train on a copy, as Run.FineTune does", hash, after)
	}
	return hash, nil
}
