// Package eval measures what an encoder has learned: nearest neighbours, retrieval, geometry.
package eval
