package clip

import (
	"testing"

	"github.com/contrastlab/contrastlab/pkg/contrastive/check"
)

func TestCLIP(t *testing.T) { check.CLIP(CLIP).Test(t) }

func TestRetrieve(t *testing.T) { check.Retrieve(Retrieve).Test(t) }
