package engine

import "github.com/jostle-dev/jostle/internal/trace"

// RestartRandom has all random values begin anew in the bubble that it is called in: the order of maps, math/rand,
// crypto/rand. They are those of the given sequence. It is nil where package runtime was not changed so that they come from a
// counter (package instrument/patch). Then they are different each time. It is set before main.
var RestartRandom func(sequence uint64)

// RandomDrawn reports whether a random value was drawn since RestartRandom, or a map was ranged over, in the bubble that it is called in.
// It is nil where RestartRandom is.
var RandomDrawn func() bool

// drawn notes whether the execution depends on random values.
func (x *Execution) drawn() {
	if RandomDrawn == nil || RandomDrawn() {
		x.goesBeyond(isRandom)
	}
}

// beginRandom has the random values of an execution begin.
func (x *Execution) beginRandom() {
	if RestartRandom != nil {
		RestartRandom(uint64(x.ask(Random, sequences, nil, trace.OpNone, nil, nil)))
	}
}
