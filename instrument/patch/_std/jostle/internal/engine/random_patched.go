package engine

import _ "unsafe" // for go:linkname

func init() { RestartRandom, RandomDrawn = restartRandom, randomDrawn }

// restartRandom is runtime's.
//
//go:linkname restartRandom
func restartRandom(sequence uint64)

// randomDrawn is runtime's.
//
//go:linkname randomDrawn
func randomDrawn() bool
