package fuzz

import (
	"encoding/binary"
	_ "unsafe" // for go:linkname
)

// What a target of package harness tells: see jostleTell. They are nil for others.
var (
	jostleSpelt func() []byte
	jostleName  func(data []byte, number uint32) []byte
)

// jostleTell is given two functions of a target. spelt returns the last input in other words, nil if there are none. name makes an input
// from another one and a number.
//
//go:linkname jostleTell jostle/internal/worker.goFuzzer
func jostleTell(spelt func() []byte, name func(data []byte, number uint32) []byte) {
	jostleSpelt, jostleName = spelt, name
}

func jostleSpeltOut() []byte {
	if jostleSpelt == nil {
		return nil
	}
	return jostleSpelt()
}

// jostleNamed returns what was made of an input: every other time it names an execution.
func (m *mutator) jostleNamed() []byte {
	if jostleName == nil || m.rand(2) == 0 {
		return m.scratch
	}
	return jostleName(m.scratch, m.r.uint32())
}

// jostleWord is how many counters are looked at in one go: most are 0.
const jostleWord = 8

// jostleRound sets the snapshot to the counters, each rounded down to a power of two.
func jostleRound(snapshot, counters []byte) {
	i := 0
	for ; i+jostleWord <= len(counters); i += jostleWord {
		if jostleAt(counters, i) == 0 {
			clear(snapshot[i : i+jostleWord])
			continue
		}
		for j := i; j < i+jostleWord; j++ {
			snapshot[j] = pow2Table[counters[j]]
		}
	}
	for ; i < len(counters); i++ {
		snapshot[i] = pow2Table[counters[i]]
	}
}

// jostleNew returns what is left of both from the first bit on, about, that is in the snapshot and not in base.
func jostleNew(base, snapshot []byte) (_, _ []byte) {
	i := 0
	for i+jostleWord <= len(snapshot) && jostleAt(snapshot, i)&^jostleAt(base, i) == 0 {
		i += jostleWord
	}
	return base[i:], snapshot[i:]
}

// jostleAt returns the bytes from the i-th on as a word.
func jostleAt(b []byte, i int) uint64 { return binary.NativeEndian.Uint64(b[i:]) }
