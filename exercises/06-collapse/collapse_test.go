package collapse

import (
	"testing"

	"github.com/contrastlab/contrastlab/pkg/contrastive/check"
)

func TestDiagnose(t *testing.T) { check.Diagnose(Diagnose).Test(t) }
