package access

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// What is recorded in the tests: goroutines 1, 2 and 3, of which 1 has started the others; two words of memory; a lock and a channel.
const (
	x, y    uintptr = 0x1000, 0x1008
	mu, rw  uintptr = 0x2000, 0x2008
	channel uintptr = 0x3000
)

func TestPairs(t *testing.T) {
	for _, c := range []struct {
		name string
		does func(r *Recorder)
		want []Pair
	}{
		{"nothing orders a store and a load", func(r *Recorder) {
			r.Access(2, x, 1, 10, true)
			r.Access(3, x, 1, 20, false)
		}, []Pair{{10, 20}}},
		{"two loads", func(r *Recorder) {
			r.Access(2, x, 1, 10, false)
			r.Access(3, x, 1, 20, false)
		}, nil},
		{"one goroutine", func(r *Recorder) {
			r.Access(2, x, 1, 10, true)
			r.Access(2, x, 1, 20, true)
		}, nil},
		{"different memory", func(r *Recorder) {
			r.Access(2, x, 1, 10, true)
			r.Access(3, y, 1, 20, true)
		}, nil},
		{"a store before the go statement", func(r *Recorder) {
			r.Access(1, x, 1, 10, true)
			r.Fork(1, 4)
			r.Access(4, x, 1, 20, true)
		}, nil},
		{"a store after the go statement", func(r *Recorder) {
			r.Access(2, x, 1, 10, true)
			r.Access(1, x, 1, 20, true)
		}, []Pair{{10, 20}}},
		{"a value is sent between them", func(r *Recorder) {
			r.Access(2, x, 1, 10, true)
			r.Release(2, channel)
			r.Acquire(3, channel)
			r.Access(3, x, 1, 20, true)
		}, nil},
		{"a value is sent before the store", func(r *Recorder) {
			r.Release(2, channel)
			r.Access(2, x, 1, 10, true)
			r.Acquire(3, channel)
			r.Access(3, x, 1, 20, true)
		}, []Pair{{10, 20}}},
		{"a lock is held at both", func(r *Recorder) {
			locked(r, 2, mu, false, func() { r.Access(2, x, 1, 10, true) })
			locked(r, 3, mu, false, func() { r.Access(3, x, 1, 20, true) })
		}, nil},
		{"a lock is held at one", func(r *Recorder) {
			locked(r, 2, mu, false, func() { r.Access(2, x, 1, 10, true) })
			r.Access(3, x, 1, 20, true)
		}, []Pair{{10, 20}}},
		{"another lock is held at each", func(r *Recorder) {
			locked(r, 2, mu, false, func() { r.Access(2, x, 1, 10, true) })
			locked(r, 3, rw, false, func() { r.Access(3, x, 1, 20, true) })
		}, []Pair{{10, 20}}},
		{"both only have it for reading", func(r *Recorder) {
			locked(r, 2, rw, true, func() { r.Access(2, x, 1, 10, true) })
			locked(r, 3, rw, true, func() { r.Access(3, x, 1, 20, true) })
		}, []Pair{{10, 20}}},
		{"one has it for reading", func(r *Recorder) {
			locked(r, 2, rw, false, func() { r.Access(2, x, 1, 10, true) })
			locked(r, 3, rw, true, func() { r.Access(3, x, 1, 20, false) })
		}, nil},
		{"a lock was given back and taken between them, and is held at none", func(r *Recorder) {
			r.Access(2, x, 1, 10, true)
			locked(r, 2, mu, false, func() {})
			locked(r, 3, mu, false, func() {})
			r.Access(3, x, 1, 20, true)
		}, []Pair{{10, 20}}},
		{"a struct and one of its fields", func(r *Recorder) {
			r.Access(2, x, 16, 10, true)
			r.Access(3, y, 1, 20, false)
		}, []Pair{{10, 20}}},
		{"two bytes of a word", func(r *Recorder) {
			r.Access(2, x, 1, 10, true)
			r.Access(3, x+1, 1, 20, true)
		}, nil},
		{"a range that ends in a word before the other's", func(r *Recorder) {
			r.Access(2, x, 12, 10, true)
			r.Access(3, x+12, 1, 20, true)
		}, nil},
		{"a place that races with itself", func(r *Recorder) {
			r.Access(2, x, 1, 10, true)
			r.Access(3, x, 1, 10, true)
		}, []Pair{{10, 10}}},
		{"the check is remembered as well as the store", func(r *Recorder) {
			r.Access(2, x, 1, 11, false)
			r.Access(2, x, 1, 10, true)
			r.Access(3, x, 1, 20, true)
		}, []Pair{{11, 20}, {10, 20}}},
		{"again, in another execution", func(r *Recorder) {
			r.Access(2, x, 1, 10, true)
			begin(r)
			r.Access(3, x, 1, 20, false)
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := NewRecorder()
			begin(r)
			c.does(r)
			assert.Equal(t, c.want, r.Pairs())
		})
	}
}

func begin(r *Recorder) {
	r.Begin()
	r.Fork(1, 2)
	r.Fork(1, 3)
}

func locked(r *Recorder, task int, lock uintptr, read bool, f func()) {
	r.Lock(task, lock, read)
	f()
	r.Unlock(task, lock)
}

func TestSpins(t *testing.T) {
	for _, c := range []struct {
		name string
		does func(r *Recorder) bool
		want []int
	}{
		{"one word is read", func(r *Recorder) bool { return r.Access(2, x, 1, 10, false) }, []int{10}},
		{"two words are", func(r *Recorder) bool { return r.Access(2, x, 1, 10, false) || r.Access(2, y, 1, 20, false) }, []int{20}},
		{"many words are", func() func(r *Recorder) bool {
			at := x
			return func(r *Recorder) bool { at += 8; return r.Access(2, at, 1, 10, false) }
		}(), nil},
		{"it writes too", func(r *Recorder) bool { return r.Access(2, x, 1, 10, false) || r.Access(2, y, 1, 20, true) }, nil},
		{"it passes sync points", func(r *Recorder) bool { r.Step(2); return r.Access(2, x, 1, 10, false) }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := NewRecorder()
			begin(r)
			spun := false
			for i := 0; i < 3*spinReads && !spun; i++ {
				spun = c.does(r)
			}
			assert.Equal(t, c.want != nil, spun)
			assert.Equal(t, c.want, r.Spins())
		})
	}
}

func TestBounds(t *testing.T) {
	r := NewRecorder()
	begin(r)
	for place := range 10 * mostPairs {
		r.Access(2, x, 1, place, true)
		r.Access(3, x, 1, place, true)
	}
	assert.Len(t, r.Pairs(), mostPairs)
}
