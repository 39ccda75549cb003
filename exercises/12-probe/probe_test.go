package probe

import (
	"testing"

	"github.com/contrastlab/contrastlab/pkg/contrastive/check"
)

func TestStandardize(t *testing.T) { check.Standardize(Standardize).Test(t) }

func TestStep(t *testing.T) { check.ProbeStep(Step).Test(t) }
