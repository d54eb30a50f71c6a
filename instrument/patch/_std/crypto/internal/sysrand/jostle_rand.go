package sysrand

import _ "unsafe" // for go:linkname

// jostleFill is runtime's.
//
//go:linkname jostleFill
func jostleFill(b []byte) bool
