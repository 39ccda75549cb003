// Package check holds what notebooks and exercises call to state and to check results.
//
//   - [Predict] records what a learner expects before measuring, [Measured] sets the measurement beside it.
//
//   - [Claim] states that a measured value lies in a band; the notebook tests fail when it does not.
//
//   - [InfoNCE] and the other functions that take a function check a learner's own, written in plain Go on float64 slices:
//     against the oracle on random inputs, on cases whose answer is known, and on properties. A failed check prints a
//     table, never panics, and names the common mistake that returns the same numbers, with the lesson to read:
//
//     check.InfoNCE(func(q, k [][]float64, temperature float64) float64 { ... })
//
// A function that builds a GoMLX graph becomes such a function by package ongraph:
//
//	check.InfoNCE(ongraph.PairLoss(backend, InfoNCE))
//
// In a test, the report fails it: check.InfoNCE(InfoNCE).Test(t). Messages are in English or Chinese (LAB_LANG=zh).
//
// What you may touch here: a file is a check, with its properties and its mistakes as code; it is listed in catalog.go.
// judge.go tries the properties and recognizes mistakes, report.go shows the outcome. The package does not import GoMLX,
// so that a learner's function is compiled and checked in a second.
package check
