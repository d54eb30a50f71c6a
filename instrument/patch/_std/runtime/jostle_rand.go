package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

// jostleCounters are where random values come from. What orders maps has a counter of its own: to look at one must not change what
// math/rand returns. So have timers, some of which are the engine's, and names of temporary files, of which more are tried where
// some are there already. All maps that are made in one execution have the same seed: some are made by the first execution of a process
// only.
type jostleCounters struct{ values, orders, timers, names, seed uint64 }

var jostleProcess jostleCounters

//go:nosplit
func jostleNow() *jostleCounters {
	if b := getg().bubble; b != nil {
		return &b.random
	}
	return &jostleProcess
}

// jostleNext returns the next value of a counter: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
//
//go:nosplit
func jostleNext(counter *uint64) uint64 {
	z := atomic.Xadd64(counter, -7046029254386353131)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

//go:nosplit
func jostleRand() uint64 { return jostleNext(&jostleNow().values) }

//go:linkname jostleOrder internal/runtime/maps.jostleOrder
func jostleOrder() uint64 { return jostleNext(&jostleNow().orders) }

// jostleMapSeed returns what the hashes of a new map begin with.
func jostleMapSeed() uint64 {
	seed := jostleNow().seed
	return jostleNext(&seed)
}

//go:linkname jostleNameRand os.jostleNameRand
func jostleNameRand() uint64 { return jostleNext(&jostleNow().names) }

// jostleRandn returns a value below n. Outside of bubbles it is the runtime's own.
//
//go:nosplit
func jostleRandn(n uint32) uint32 {
	b := getg().bubble
	if b == nil {
		return cheaprandn(n)
	}
	return uint32(uint64(uint32(jostleNext(&b.random.values))) * uint64(n) >> 32)
}

// jostleTimerRand returns a place of a timer among those that are due at the same time. Only those of bubbles have one.
//
//go:nosplit
func jostleTimerRand() uint32 { return uint32(jostleNext(&jostleNow().timers)) }

// jostleSeed is what hashes of strings and the like depend on, the same in each process.
func jostleSeed() (seed [32]byte) {
	for i := range seed {
		seed[i] = byte(i)
	}
	return seed
}

// jostleFill fills p as crypto/rand would and reports whether it has: only in a bubble.
//
//go:linkname jostleFill crypto/internal/sysrand.jostleFill
func jostleFill(p []byte) bool {
	b := getg().bubble
	if b == nil {
		return false
	}
	for len(p) > 0 {
		v := jostleNext(&b.random.values)
		n := copy(p, (*[8]byte)(unsafe.Pointer(&v))[:])
		p = p[n:]
	}
	return true
}

// jostleDrawn reports whether a random value was drawn in the bubble since its values began anew, or a map was ranged over.
//
//go:linkname jostleDrawn jostle/internal/engine.randomDrawn
func jostleDrawn() bool {
	b := getg().bubble
	return b != nil && (b.random.values != b.random.seed || b.random.orders != b.random.seed)
}

// jostleRestart has the bubble's values begin anew, with those of a sequence: an execution begins.
//
//go:linkname jostleRestart jostle/internal/engine.restartRandom
func jostleRestart(sequence uint64) {
	if b := getg().bubble; b != nil {
		begin := sequence << 32 // no sequence comes to where another begins
		b.random = jostleCounters{begin, begin, begin, begin, begin}
	}
}
