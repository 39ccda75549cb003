package infonce

import (
	"testing"

	"github.com/contrastlab/contrastlab/pkg/contrastive/check"
)

func TestInfoNCE(t *testing.T) { check.InfoNCE(InfoNCE).Test(t) }
