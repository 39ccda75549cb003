// Package folder reads any folder of pictures: JPEG, PNG, WebP and the first frame of GIF, cropped to the central
// square and scaled to one size. Most callers want datasets.Open("folder:PATH"), which keeps what was read.
//
// A folder is one of
//
//	PATH/train/CLASS/...  and  PATH/test/CLASS/...     a part to learn from and one to measure on
//	PATH/CLASS/...                                     classes, nothing to measure on
//	PATH/...                                           pictures without classes
//
// README.md has the details: the other names of test, nested folders, Tiny-ImageNet, what is skipped.
//
// What you may touch here: the reading of folders and nothing else. Nothing is ever written.
package folder
