package twoviews

import (
	"testing"

	"github.com/contrastlab/contrastlab/pkg/contrastive/check"
)

func TestTwoViews(t *testing.T) { check.TwoViews(TwoViews).Test(t) }
