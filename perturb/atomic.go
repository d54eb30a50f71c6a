package perturb

import "github.com/jostle-dev/jostle/internal/engine"

// Atomic comes before an atomic operation on *p, which the caller does as it stands: Atomic(&n, s).Add(1) is n.Add(1),
// for every type of sync/atomic and for sync.Map, and atomic.AddInt64(Atomic(&n, s), 1) is atomic.AddInt64(&n, 1).
//
// Goroutines that spin on such operations give way now and then, as Go's preemption makes them do.
func Atomic[T any](p *T, s *Site) *T {
	if t := engine.At(s); t != nil {
		t.Poll(engine.OpAtomic, nil, s)
	}
	return p
}

// AtomicLast comes before an atomic operation whose last operand to be evaluated is v: n.Store(AtomicLast(f(), s)) is
// n.Store(f()).
func AtomicLast[T any](v T, s *Site) T {
	if t := engine.At(s); t != nil {
		t.Poll(engine.OpAtomic, nil, s)
	}
	return v
}
