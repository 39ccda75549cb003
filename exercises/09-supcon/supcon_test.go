package supcon

import (
	"testing"

	"github.com/contrastlab/contrastlab/pkg/contrastive/check"
)

func TestMask(t *testing.T) { check.SupConMask(Mask).Test(t) }

func TestSupCon(t *testing.T) { check.SupCon(SupCon).Test(t) }
