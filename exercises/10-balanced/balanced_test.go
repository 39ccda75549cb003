package balanced

import (
	"testing"

	"github.com/contrastlab/contrastlab/pkg/contrastive/check"
)

func TestBalancedBatch(t *testing.T) { check.BalancedBatch(BalancedBatch).Test(t) }
