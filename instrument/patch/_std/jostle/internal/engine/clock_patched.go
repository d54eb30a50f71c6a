package engine

import _ "unsafe" // for go:linkname

func init() { bubbleNow, shiftClock = runtimeNow, runtimeShiftClock }

// runtimeNow is runtime's.
//
//go:linkname runtimeNow
func runtimeNow() int64

// runtimeShiftClock is runtime's.
//
//go:linkname runtimeShiftClock
func runtimeShiftClock(ahead int64) (before int64)
