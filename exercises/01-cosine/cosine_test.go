package cosine

import (
	"testing"

	"github.com/contrastlab/contrastlab/pkg/contrastive/check"
)

func TestCosineMatrix(t *testing.T) { check.CosineMatrix(CosineMatrix).Test(t) }
