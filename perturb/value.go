package perturb

import (
	"reflect"

	"github.com/jostle-dev/jostle/internal/engine"
)

// An operation that is not called but used as a value becomes a value of the same type, which is made by one of the
// functions here: Func for functions and method expressions, Bind for method values, FuncOf and BindTo for those of
// interfaces. Their names go on with how many parameters the value has, and an R for each result: Func1R(TimeAfter, s) is time.After, and Bind1R(TimerReset, tm, s)
// is tm.Reset.

// Func is a function without parameters and results.
func Func(op func(*Site), s *Site) func() { return func() { op(s) } }

// Func1 is a function of one parameter.
func Func1[A any](op func(A, *Site), s *Site) func(A) { return func(a A) { op(a, s) } }

// Func2 is a function of two parameters.
func Func2[A, B any](op func(A, B, *Site), s *Site) func(A, B) {
	return func(a A, b B) { op(a, b, s) }
}

// Func1R is a function of one parameter with one result.
func Func1R[A, R any](op func(A, *Site) R, s *Site) func(A) R {
	return func(a A) R { return op(a, s) }
}

// Func2R is a function of two parameters with one result.
func Func2R[A, B, R any](op func(A, B, *Site) R, s *Site) func(A, B) R {
	return func(a A, b B) R { return op(a, b, s) }
}

// Func1RR is a function of one parameter with two results.
func Func1RR[A, R, Q any](op func(A, *Site) (R, Q), s *Site) func(A) (R, Q) {
	return func(a A) (R, Q) { return op(a, s) }
}

// Func2RR is a function of two parameters with two results.
func Func2RR[A, B, R, Q any](op func(A, B, *Site) (R, Q), s *Site) func(A, B) (R, Q) {
	return func(a A, b B) (R, Q) { return op(a, b, s) }
}

// Func3RR is a function of three parameters with two results.
func Func3RR[A, B, C, R, Q any](op func(A, B, C, *Site) (R, Q), s *Site) func(A, B, C) (R, Q) {
	return func(a A, b B, c C) (R, Q) { return op(a, b, c, s) }
}

// FuncOf is a method expression of an interface type L that has I's methods: FuncOf[L](LockerLock, s) is L.Lock.
func FuncOf[L, I any](op func(I, *Site), s *Site) func(L) {
	return func(l L) { op(as[I](l), s) }
}

// FuncOfR is FuncOf for a method with one result.
func FuncOfR[L, I, R any](op func(I, *Site) R, s *Site) func(L) R {
	return func(l L) R { return op(as[I](l), s) }
}

// as returns l as an I, nil if it is nil.
func as[I any](l any) I {
	i, _ := l.(I)
	return i
}

// Bind is the method value of a method without parameters and results: Bind(MutexUnlock, &mu, s) is mu.Unlock.
func Bind[T any](op func(T, *Site), x T, s *Site) func() { return func() { op(x, s) } }

// Bind1 is the method value of a method of one parameter.
func Bind1[T, A any](op func(T, A, *Site), x T, s *Site) func(A) { return func(a A) { op(x, a, s) } }

// BindR is the method value of a method with one result.
func BindR[T, R any](op func(T, *Site) R, x T, s *Site) func() R { return func() R { return op(x, s) } }

// Bind1R is the method value of a method of one parameter with one result.
func Bind1R[T, A, R any](op func(T, A, *Site) R, x T, s *Site) func(A) R {
	return func(a A) R { return op(x, a, s) }
}

// BindTo is the method value of an interface: BindTo(LockerUnlock, s).Of(l) is l.Unlock. What is bound is not known when I
// is inferred, so that it may be of another type that has I's methods.
func BindTo[I any](op func(I, *Site), s *Site) Binder[I] { return Binder[I]{op, s} }

// A Binder is a method of an interface, before it is bound.
type Binder[I any] struct {
	op func(I, *Site)
	s  *Site
}

// Of binds the method to x.
func (b Binder[I]) Of(x I) func() {
	mustBind(x)
	return func() { b.op(x, b.s) }
}

// BindToR is BindTo for a method with one result.
func BindToR[I, R any](op func(I, *Site) R, s *Site) BinderR[I, R] { return BinderR[I, R]{op, s} }

// A BinderR is a method with one result of an interface, before it is bound.
type BinderR[I, R any] struct {
	op func(I, *Site) R
	s  *Site
}

// Of binds the method to x.
func (b BinderR[I, R]) Of(x I) func() R {
	mustBind(x)
	return func() R { return b.op(x, b.s) }
}

// mustBind panics, as Go does, if x is no object that a method of an interface could be bound to.
func mustBind(x any) {
	if x == nil {
		var none error
		_ = none.Error
	}
}

// AtomicFunc is f, any operation of package sync/atomic or sync.Map as a value, with its sync point: AtomicFunc(n.Add, s)
// is n.Add. There are too many of them, and they are used as values too seldom, for anything but reflection.
func AtomicFunc[F any](f F, s *Site) F {
	v := reflect.ValueOf(f)
	return reflect.MakeFunc(v.Type(), func(args []reflect.Value) []reflect.Value {
		if t := engine.At(s); t != nil {
			t.Atomic(nil, s)
		}
		results := v.Call(args)
		Stored(s)
		return results
	}).Interface().(F)
}
