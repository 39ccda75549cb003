package ntxent

import (
	"testing"

	"github.com/contrastlab/contrastlab/pkg/contrastive/check"
)

func TestMasks(t *testing.T) { check.TwoViewMasks(Masks).Test(t) }

func TestNTXent(t *testing.T) { check.NTXent(NTXent).Test(t) }
