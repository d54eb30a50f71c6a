//go:build amd64 || arm64

package engine

// segments tells where the variables of packages are: four ranges, each with its end. The linker knows.
//
//go:noescape
func segments(at *[8]uintptr)
