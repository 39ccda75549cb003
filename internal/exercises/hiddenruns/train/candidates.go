package main

import (
	"github.com/contrastlab/contrastlab/internal/lang"
	"github.com/contrastlab/contrastlab/pkg/contrastive"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
)

// verdict is what a training is meant to end in; the measurements must agree.
type verdict int

const (
	healthy verdict = iota
	collapsed
	dimensional
)

// training is a candidate.
type training struct {
	name   lang.Text
	method contrastive.Method
	head   encoder.MLPHead
	seed   int64
	steps  int
}

var (
	plain    = encoder.MLPHead{Dim: dimensions}
	standard = encoder.MLPHead{Dim: dimensions, NormalizeOutput: true} // each dimension at variance 1 during training
	narrow   = encoder.MLPHead{Dim: dimensions, Hidden: 2}
)

// candidates are tried in this order until enough of each verdict are clear cases.
var candidates = map[verdict][]training{
	healthy: {
		{lang.Text{En: "SimCLR, T = 0.5, seed 1", Zh: "SimCLR，T = 0.5，种子 1"}, contrastive.SimCLR{Temperature: 0.5}, plain, 1, 300},
		{lang.Text{En: "SimCLR, T = 0.5, seed 2", Zh: "SimCLR，T = 0.5，种子 2"}, contrastive.SimCLR{Temperature: 0.5}, standard, 2, 100},
		{lang.Text{En: "VICReg, covariance weight 10, seed 1", Zh: "VICReg，协方差权重 10，种子 1"}, contrastive.VICReg{Covariance: 10}, standard, 1, 300},
		{lang.Text{En: "MoCo, T = 0.5, seed 1", Zh: "MoCo，T = 0.5，种子 1"}, contrastive.MoCo{Temperature: 0.5, QueueLength: 1024}, standard, 1, 300},
		{lang.Text{En: "Barlow Twins, λ = 0.1, seed 1", Zh: "Barlow Twins，λ = 0.1，种子 1"}, contrastive.BarlowTwins{Lambda: 0.1}, standard, 1, 200},
		{lang.Text{En: "SimCLR, T = 1, seed 3", Zh: "SimCLR，T = 1，种子 3"}, contrastive.SimCLR{Temperature: 1}, standard, 3, 200},
		{lang.Text{En: "SimCLR, T = 0.5, seed 4", Zh: "SimCLR，T = 0.5，种子 4"}, contrastive.SimCLR{Temperature: 0.5}, standard, 4, 200},
		{lang.Text{En: "SimCLR, T = 0.5, seed 5", Zh: "SimCLR，T = 0.5，种子 5"}, contrastive.SimCLR{Temperature: 0.5}, standard, 5, 200},
	},
	collapsed: {
		{lang.Text{En: "SimSiam, gradient let through, seed 1", Zh: "SimSiam，放行梯度，种子 1"}, contrastive.SimSiam{LetGradientThrough: true}, plain, 1, 100},
		{lang.Text{En: "SimSiam, no predictor, seed 1", Zh: "SimSiam，去掉预测头，种子 1"}, contrastive.SimSiam{NoPredictor: true}, plain, 1, 100},
		{lang.Text{En: "SimSiam, neither stop nor predictor, seed 1", Zh: "SimSiam，停止梯度和预测头都去掉，种子 1"}, contrastive.SimSiam{LetGradientThrough: true, NoPredictor: true}, plain, 1, 100},
		{lang.Text{En: "SimSiam, gradient let through, seed 2", Zh: "SimSiam，放行梯度，种子 2"}, contrastive.SimSiam{LetGradientThrough: true}, plain, 2, 100},
		{lang.Text{En: "SimSiam, no predictor, seed 2", Zh: "SimSiam，去掉预测头，种子 2"}, contrastive.SimSiam{NoPredictor: true}, plain, 2, 100},
	},
	dimensional: {
		{lang.Text{En: "Barlow Twins, no off-diagonal term, seed 1", Zh: "Barlow Twins，去掉非对角项，种子 1"}, contrastive.BarlowTwins{Lambda: contrastive.Zero}, standard, 1, 150},
		{lang.Text{En: "Barlow Twins, no off-diagonal term, seed 3", Zh: "Barlow Twins，去掉非对角项，种子 3"}, contrastive.BarlowTwins{Lambda: contrastive.Zero}, plain, 3, 150},
		{lang.Text{En: "VICReg, 2 hidden units in the head, seed 1", Zh: "VICReg，投影头隐藏层只有 2 个单元，种子 1"}, contrastive.VICReg{}, narrow, 1, 100},
		{lang.Text{En: "VICReg, no covariance term, seed 1", Zh: "VICReg，去掉协方差项，种子 1"}, contrastive.VICReg{Invariance: 100, Covariance: contrastive.Zero}, standard, 1, 200},
		{lang.Text{En: "Barlow Twins, no off-diagonal term, seed 2", Zh: "Barlow Twins，去掉非对角项，种子 2"}, contrastive.BarlowTwins{Lambda: contrastive.Zero}, standard, 2, 150},
		{lang.Text{En: "SimCLR, T = 1, 2 hidden units in the head, seed 1", Zh: "SimCLR，T = 1，投影头隐藏层只有 2 个单元，种子 1"}, contrastive.SimCLR{Temperature: 1}, narrow, 1, 150},
		{lang.Text{En: "Barlow Twins, 2 hidden units in the head, seed 1", Zh: "Barlow Twins，投影头隐藏层只有 2 个单元，种子 1"}, contrastive.BarlowTwins{}, narrow, 1, 100},
		{lang.Text{En: "VICReg, 2 hidden units in the head, seed 2", Zh: "VICReg，投影头隐藏层只有 2 个单元，种子 2"}, contrastive.VICReg{}, narrow, 2, 100},
	},
}
