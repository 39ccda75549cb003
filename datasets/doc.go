// Package datasets holds real pictures as one type, [Images], and the sources they come from: the embedded emoji,
// CIFAR-10 and CIFAR-100, STL-10, Fashion-MNIST, and any folder of pictures.
//
//	emoji, err := datasets.Open("emoji")                  // embedded
//	photos, err := datasets.Open("folder:/home/me/photos") // a folder per class, or no classes
//	cifar, err := datasets.Get(ctx, "cifar10", datasets.Options{}) // downloads; afterwards Open does
//
// What is downloaded or decoded lies below one folder, [DefaultDir] unless [Options] name another. The first
// opening decodes a set into one file, NAME.pictures, which later ones map into memory.
//
// What you may touch here: add a folder for a new source and name it in sources.go.
package datasets
