package geometry

import (
	"testing"

	"github.com/contrastlab/contrastlab/pkg/contrastive/check"
)

func TestAlignment(t *testing.T)  { check.Alignment(Alignment).Test(t) }
func TestUniformity(t *testing.T) { check.Uniformity(Uniformity).Test(t) }
