// Package eval measures what an encoder has learned, on vectors that have already been computed: nothing
// here trains or changes an encoder.
//
//   - [KNN], [KNNSweep], [LinearProbe], [LabelEfficiency]: are the classes there, and how easily are they read off?
//   - [Classification]: these and the geometry at once, for pictures with labels and nothing else.
//   - [Retrieval], [Neighbors]: is another picture of the same thing nearby?
//   - [Alignment], [Uniformity], [Std], [EffectiveRank], [Spectrum], [Similarities]: the geometry. It shows
//     the collapse that a kNN accuracy hides.
//   - [KMeans], [NMI], [ARI]: do the classes form clusters without any label?
//   - [CrossDomain]: all of it for pictures of the same things by several artists, with one artist unseen.
//   - [Transfer], [Corrupt]: what is left of it for another artist, or on damaged pictures?
//   - [Diagnose]: what is wrong with a run, in words, from [Symptoms].
//   - [ColorHistograms], [MeanColors]: what can be told of a picture without learning anything.
//   - [Pixels]: the baseline to put beside every number, with that of the untrained encoder.
//
// Functions that need matrix products between large sets take a compute.Backend and work in tiles, so
// that memory stays bounded whatever the number of pictures; the rest is plain Go in float64.
//
// Add a metric here if it is a function of vectors and labels. What draws is in chart, what projects to the
// plane is in manifold.
package eval
