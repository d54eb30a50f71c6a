package maps

import _ "unsafe" // for go:linkname

// jostleOrder is runtime's. It returns where an iteration begins.
//
//go:linkname jostleOrder
func jostleOrder() uint64
