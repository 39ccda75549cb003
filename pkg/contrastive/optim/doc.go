// Package optim holds the optimizers of the field that GoMLX lacks, as small structs that a run saves in
// its config.json: [AdamW], [SGD] and [LARS], without weight decay on biases and norms unless asked for, all under one
// [Schedule] of linear warm-up and cosine decay, with the rate scaled by the batch ([Scaling]) if wanted and the
// gradient clipped by its whole norm ([Bound]).
//
// What you may touch here: add an update rule in a file of its own, implement [Optimizer] and register it.
package optim
