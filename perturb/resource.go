package perturb

import (
	"unsafe"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/trace"
)

// A Resource stands for what hand-made code lets goroutines hold some of: tokens, permits, slots, a lock of one's own. A test
// tells it what happens, and reports then say who waits for how much of it, and who holds the rest:
//
//	permits := perturb.NewResource("permits")
//	permits.Wait(1)
//	pool.acquire()
//	permits.Acquire(1)
//
// Its methods only note. They change nothing and wait for nothing, and outside of an execution they do nothing at all. They
// may be called from any goroutine; what one says is taken to be about itself.
//
// Code that should not know of jostle says it in a comment instead, on the declaration of a function whose receiver or first
// argument is a pointer to the resource:
//
//	//jostle:resource acquire n
//	func (p *pool) acquire(ctx context.Context, n int) error
//
// A call of it waits for n, an integer or a parameter, 1 if it is not said; and when it returns the caller holds that, unless
// the last result is an error or false. With release instead of acquire a call gives that back, and with wait it waits and
// gets nothing.
type Resource struct{ name string }

// NewResource returns a Resource that nobody holds anything of; reports call it by name.
func NewResource(name string) *Resource { return &Resource{name} }

// Wait notes that the calling goroutine waits for n from now on, until it calls Acquire or GiveUp.
func (r *Resource) Wait(n int64) {
	if t, o := noting(r); t != nil {
		t.Wants(o, n, t.CallSite(1, trace.OpAcquire, r.name))
	}
}

// GiveUp notes that the calling goroutine does not wait any more, and has got nothing.
func (r *Resource) GiveUp() {
	if t, o := noting(r); t != nil {
		t.GaveUp(o)
	}
}

// Acquire notes that the calling goroutine holds n more from now on, and waits no more if it did.
func (r *Resource) Acquire(n int64) {
	if t, o := noting(r); t != nil {
		t.Got(o, n, t.CallSite(1, trace.OpAcquire, r.name))
	}
}

// Release notes that n have been given back: of what the calling goroutine holds, or else of what it was handed by another.
func (r *Resource) Release(n int64) {
	if t, o := noting(r); t != nil {
		t.GaveBack(o, n, t.CallSite(1, trace.OpRelease, r.name))
	}
}

// noting returns the calling goroutine's task and the resource at p; nil if there is nothing to note.
func noting[T any](p *T) (*engine.Task, *engine.Object) {
	t := engine.Self()
	if t == nil || t.Unwinding() || p == nil {
		return nil, nil
	}
	at := unsafe.Pointer(p)
	if unsafe.Sizeof(*p) > 1 {
		at = unsafe.Add(at, 1) // where no lock can be, as it may at the beginning
	}
	return t, t.Object(at, trace.Resource, nil)
}

// An Acquisition is a call of a function that acquires something.
type Acquisition struct {
	t *engine.Task
	o *engine.Object
	n int64
	s *Site
}

// Acquiring notes that the caller of the function that calls it waits for n of the resource at p. It is for rewritten code:
// see Resource.
func Acquiring[T any](p *T, n int64, name string) Acquisition {
	t, o := noting(p)
	if t == nil {
		return Acquisition{}
	}
	a := Acquisition{t, o, n, t.CallSite(2, trace.OpAcquire, name)}
	t.Wants(o, n, a.s)
	return a
}

// Done notes that the function returns, and whether its caller has got what it waited for.
func (a Acquisition) Done(got bool) {
	switch {
	case a.t == nil || a.t.Unwinding():
	case got:
		a.t.Got(a.o, a.n, a.s)
	default:
		a.t.GaveUp(a.o)
	}
}

// Releasing notes that the caller of the function that calls it gives back n of the resource at p, likewise.
func Releasing[T any](p *T, n int64, name string) {
	if t, o := noting(p); t != nil {
		t.GaveBack(o, n, t.CallSite(2, trace.OpRelease, name))
	}
}

// Amount is n as Acquiring and Releasing take it.
func Amount[N ~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr](n N) int64 {
	return int64(n)
}

// NoError and Is say whether what a function returns is a success.
func NoError(err error) bool { return err == nil }

// Is: see NoError.
func Is[B ~bool](ok B) bool { return bool(ok) }
