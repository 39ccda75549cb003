// Package optim holds the optimizers of the field that GoMLX lacks, as small structs that a run saves in
// its config.json: [AdamW] and [SGD] without weight decay on biases and norms, and [LARS], all under one
// [Schedule] of linear warm-up and cosine decay.
//
// What you may touch here: add an update rule in a file of its own, implement [Optimizer] and register it.
package optim
