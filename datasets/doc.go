// Package datasets holds real pictures as one type, [Images], and the sources they come from.
//
// What you may touch here: add a folder for a new source and name it in sources.go.
package datasets
