package engine

import _ "unsafe" // for go:linkname

func init() { Serial = serial }

// serial is runtime's.
//
//go:linkname serial
func serial()
