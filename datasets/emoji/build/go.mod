module github.com/contrastlab/contrastlab/datasets/emoji/build

go 1.26.0

require (
	github.com/klauspost/compress v1.18.2
	github.com/tetratelabs/wazero v1.10.1
	golang.org/x/image v0.41.0
)
