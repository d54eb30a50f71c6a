//go:build !race

package engine

import (
	"runtime"
	_ "unsafe" // for go:linkname
)

func init() { Watch, Unwatch, StartLine = watch, unwatch, startLine }

// watch, unwatch and startLine are runtime's.
//
//go:linkname watch
func watch(f func(addr, size, pc uintptr, write bool))

//go:linkname unwatch
func unwatch(pc uintptr)

//go:linkname startLine
func startLine(f *runtime.Frame) int
