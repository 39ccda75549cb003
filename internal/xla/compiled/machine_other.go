//go:build !linux

package compiled

import "io/fs"

func ownedByMe(fs.FileInfo) bool { return false }

func processor() string { return "" }
