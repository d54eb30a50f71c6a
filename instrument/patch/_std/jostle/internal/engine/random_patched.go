package engine

import _ "unsafe" // for go:linkname

func init() { RestartRandom = restartRandom }

// restartRandom is runtime's.
//
//go:linkname restartRandom
func restartRandom(sequence uint64)
