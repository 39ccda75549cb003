package onagraph

import (
	"testing"

	"github.com/contrastlab/contrastlab/internal/testbackend"
	"github.com/contrastlab/contrastlab/pkg/contrastive/check"
	"github.com/contrastlab/contrastlab/pkg/contrastive/check/ongraph"
)

func TestInfoNCE(t *testing.T) {
	check.InfoNCE(ongraph.PairLoss(testbackend.New(t), InfoNCE)).Test(t)
}

func TestGradients(t *testing.T) {
	check.PairGradients(ongraph.PairGradients(testbackend.New(t), InfoNCE)).Test(t)
}
