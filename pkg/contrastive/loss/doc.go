// Package loss holds the objectives of contrastive and related self-supervised learning as pure graph
// functions: nodes in, a scalar node out, no variables and no state.
//
// The contrastive family is written down with four independent parts, gathered in [Contrast]:
//
//	similarity   who is alike, and how much     [CosineSimilarity], [DotSimilarity], [NegativeSquaredEuclidean]
//	positives    a mask: what should be alike   [SameLabel], [PairMask], ...
//	candidates   a mask: what competes          [NotSelf], ...
//	reduction    from logits to one number      [Form], [Average], Weight
//
// NT-Xent, InfoNCE with and without a queue, SupCon and DCL are short choices of these; so is the next one.
// Every function has a twin of the same formula in float64 plain loops in the package loss/oracle.
//
// # Conventions
//
// Embeddings are rows. Losses that compare directions normalize the rows themselves, so scaling a row changes
// nothing. float32 and float64 inputs are computed in their own precision; float16 and bfloat16 inputs are
// converted to float32 first and give a float32 loss (their gradients come back in the type of the input).
// Anchors without a positive are left out of the mean; when none has one, the loss is 0 and so is its gradient.
// Where released implementations of a loss differ, one convention is the default and the others are [Option]s.
//
// Like GoMLX's own graph functions these panic while the graph is built: on a temperature ≤ 0, on shapes that do
// not match and on batches too small to hold a negative. No gradient is stopped here: whether keys or targets
// receive one is the method's choice.
package loss
