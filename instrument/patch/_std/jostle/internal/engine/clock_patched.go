package engine

import _ "unsafe" // for go:linkname

func init() { bubbleNow, setClock, shiftClock = runtimeNow, runtimeSetClock, runtimeShiftClock }

// runtimeNow is runtime's.
//
//go:linkname runtimeNow
func runtimeNow() int64

// runtimeSetClock is runtime's.
//
//go:linkname runtimeSetClock
func runtimeSetClock(now int64) bool

// runtimeShiftClock is runtime's.
//
//go:linkname runtimeShiftClock
func runtimeShiftClock(ahead int64) (before int64)
