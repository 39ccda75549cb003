package moco

import (
	"testing"

	"github.com/contrastlab/contrastlab/pkg/contrastive/check"
)

func TestEMA(t *testing.T)           { check.EMA(EMA).Test(t) }
func TestEnqueue(t *testing.T)       { check.Enqueue(Enqueue).Test(t) }
func TestMoCoGradients(t *testing.T) { check.MoCoGradients(QueryGradient).Test(t) }
