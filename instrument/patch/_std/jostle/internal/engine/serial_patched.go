package engine

import _ "unsafe" // for go:linkname

func init() { Serial, inTurn = serial, runtimeInTurn }

// serial is runtime's.
//
//go:linkname serial
func serial()

// runtimeInTurn is runtime's.
//
//go:linkname runtimeInTurn
func runtimeInTurn(on bool) (before bool)
