// Package contrastive learns picture encoders by contrast, on GoMLX: SimCLR, MoCo, SupCon and the methods
// around them, from real pictures to an encoder that is evaluated honestly and kept.
//
// # A run
//
//	backend := contrastive.MustBackend()     // XLA on a GPU or the CPU; says what it chose
//	emoji := datasets.MustOpen("emoji")      // embedded, offline
//	run, err := contrastive.Pretrain(backend, emoji.Train(), contrastive.Config{
//		Method:  contrastive.SimCLR{Temperature: 0.2},
//		Encoder: encoder.SmallResNet{Width: 32},
//		Augment: augment.Emoji(),
//		Epochs:  20, BatchSize: 256, Seed: 1, Dir: "runs/simclr",
//	})                                       // the same call resumes a run that was stopped
//	if err != nil {
//		return err
//	}
//	features, err := run.Embed(emoji.Test()) // h of each picture
//
// # The map
//
// This package's own files: [Pretrain] is the loop and [Run] what it leaves on disk; [Config] is everything
// that decides the result; [Step] is what a method sees of one step; [Backend] picks the device; [Run.FineTune] trains a
// copy on labels and [Run.Frozen] watches that what is measured stays as it is; [MeasureShortcuts] asks before training what
// needs no learning, [Run.Diagnose] afterwards what went wrong. Every other file is one [Method], which is one paper.
//
//	loss      similarities and losses: pure graph functions; loss/oracle has them in plain float64 loops
//	augment   policies of random views, computed on the device
//	encoder   networks and projection heads
//	optim     AdamW, SGD and LARS under warm-up and cosine
//	eval      nearest neighbors, retrieval, probes, geometry, the doctor's rules
//	manifold  PCA and t-SNE for plots
//	chart     what to look at, in notebooks, pages and pictures
//	check     claims of notebooks, checks of exercises; check/ongraph lets them try graph functions
//
// Data flows one way: pictures are uploaded once, or sent batch by batch where they are too many
// (Config.ResidentMiB); a step gets indices, gathers, makes views, encodes, projects and computes the loss,
// its gradient and the update in one compiled graph.
//
// # Adding a method
//
// One struct with the paper's defaults as tags, one Step, one registration: the example of [Method] is one, and the
// README of this folder says what else a method may have.
//
// What you may touch here: add a file for a method. The loop, the run's folder and the step are shared by
// all of them; change those with the tests of resuming at hand.
package contrastive
