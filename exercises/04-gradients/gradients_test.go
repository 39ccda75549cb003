package gradients

import (
	"testing"

	"github.com/contrastlab/contrastlab/pkg/contrastive/check"
)

func TestGradients(t *testing.T) { check.InfoNCEGradients(Gradients).Test(t) }
