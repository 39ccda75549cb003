// Package chart draws what contrastive learning looks at: a falling loss, the similarity matrix, views beside their
// originals, positive against negative similarities, recall beside its baselines, nearest neighbors, label efficiency,
// eigenvalue spectra, the alignment–uniformity plane, confusions, transfer between parts, maps of pictures.
//
// Every chart is a [Chart]: a title, a description for those who cannot see it, and either an option for ECharts
// (built with go-echarts) or a picture. [Show] puts it where the program runs. In a GoNB notebook it is one display
// with three forms: HTML whose static picture becomes interactive where scripts run, image/png, and plain text.
// Elsewhere it is an HTML file. [Page] writes many charts, tables and texts as one HTML report. Nothing is loaded
// from the network: ECharts is embedded, and static pictures come from ECharts itself, run in a JavaScript engine in
// pure Go and rasterized here.
//
// Categories use the Okabe-Ito colors, similarities a blue-white-orange scale with white at zero: both can be told
// apart with the common color deficiencies. Charts keep a white background on dark pages.
//
// The static pictures write text in the Go fonts, which have Latin, Greek and Cyrillic letters. For other scripts,
// such as Chinese, a font of the system is used where one is found in the usual places or named by the environment
// variable CONTRASTLAB_FONT; without one those characters are boxes in the static picture, and right in the
// interactive one.
//
// What you may touch here: one file is one chart. A new chart is a function that returns a *Chart, a test, and an
// entry in the gallery test that every chart goes through. internal/echarts holds the library and its runtime,
// internal/raster the drawing of SVG.
package chart
