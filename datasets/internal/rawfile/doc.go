// Package rawfile keeps decoded pictures of one size in one file that can be mapped into memory, so that a data
// set larger than memory opens at once.
//
// The layout, all numbers little-endian:
//
//	0      magic, 8 bytes; offset and length of the description, 8 bytes each; its CRC-32C and that of the
//	       28 bytes before, 4 bytes each
//	4096   pixels, uint8 [N, H, W, C]
//	       labels, int32 [N], and fine labels, int32 [N]; −1 where a picture has none
//	       the description, JSON: [Meta] and the CRC-32C of the pixels and of the labels
//
// A file is written beside its place and moved there when it is whole, so a reader sees all of it or nothing.
//
// What you may touch here: nothing but the layout; change magic with it, and old files are made again.
package rawfile
