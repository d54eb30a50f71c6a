package os

import _ "unsafe" // for go:linkname

// jostleNameRand is runtime's.
//
//go:linkname jostleNameRand
func jostleNameRand() uint64
