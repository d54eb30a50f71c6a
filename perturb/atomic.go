package perturb

import (
	"unsafe"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/trace"
)

// Atomic comes before an atomic operation on *p, which the caller does as it stands: Atomic(&n, s).Add(1) is n.Add(1),
// for every type of sync/atomic and for sync.Map, and atomic.AddInt64(Atomic(&n, s), 1) is atomic.AddInt64(&n, 1).
//
// Goroutines that spin on such operations give way now and then, as Go's preemption makes them do.
func Atomic[T any](p *T, s *Site) *T {
	if t := engine.At(s); t != nil {
		t.Atomic(unsafe.Pointer(p), s)
	}
	return p
}

// AtomicLast comes before an atomic operation whose last operand to be evaluated is v: n.Store(AtomicLast(f(), s)) is
// n.Store(f()).
func AtomicLast[T any](v T, s *Site) T {
	if t := engine.At(s); t != nil {
		t.Atomic(nil, s)
	}
	return v
}

// Stored comes after an atomic operation that stores and returns nothing: Atomic(&n, s).Store(1); Stored(s).
func Stored(s *Site) {
	if t := engine.Self(); t != nil {
		t.After(trace.OpAtomic, nil, s)
	}
}

// Changed comes after an atomic operation that returns one value, which it passes on: Changed(Atomic(&n, s).Add(1), s).
func Changed[T any](v T, s *Site) T {
	Stored(s)
	return v
}

// Changed2 is Changed for an operation of sync.Map that returns two values: Changed2(s)(Atomic(&m, s).LoadOrStore(k, v)).
func Changed2(s *Site) func(any, bool) (any, bool) {
	return func(v any, ok bool) (any, bool) {
		Stored(s)
		return v, ok
	}
}
