module github.com/contrastlab/contrastlab/exercises

go 1.26.5

require github.com/contrastlab/contrastlab v0.0.0

replace github.com/contrastlab/contrastlab => ../
