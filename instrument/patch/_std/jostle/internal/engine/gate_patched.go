package engine

import _ "unsafe" // for go:linkname

func init() { openGate, awaitGate, passGate = runtimeOpen, runtimeAwait, runtimePass }

// runtimeOpen is runtime's.
//
//go:linkname runtimeOpen
func runtimeOpen(g *uintptr)

// runtimeAwait is runtime's.
//
//go:linkname runtimeAwait
func runtimeAwait(g *uintptr)

// runtimePass is runtime's.
//
//go:linkname runtimePass
func runtimePass(to, own *uintptr)
