package perturb

import (
	"context"
	"reflect"
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/trace"
)

// Contexts stay package context's own. The engine is told when they are cancelled, so that what waits for them is woken
// then and not only when nothing else can run, and when their deadlines are.

// cancelled runs cancel as a sync point, after which everything that it set going has come to rest.
func cancelled(cancel func(), s *Site) {
	t := engine.At(s)
	if t == nil {
		cancel()
		return
	}
	t.Point(trace.OpCancel, nil, s)
	t.Stirs(trace.Changes)
	cancel()
	t.Closed()
	t.After(trace.OpCancel, nil, s)
}

// offered makes the cancel function of a context that the calling code has made, and offers it to the schedule: if the code
// is a test, its contexts are what a user of the code under test may cancel at any time.
func offered(cancel func(error), s *Site) func(error) {
	t := engine.At(s)
	var o *engine.Offer
	if t != nil && s.InTest() {
		o = t.Offer(func() { cancel(nil) }, s)
	}
	return func(cause error) {
		if t := engine.At(s); t != nil && o != nil {
			t.Withdraw(o)
		}
		cancelled(func() { cancel(cause) }, s)
	}
}

// An owned context is one of a type that is not package context's own. Package context starts a goroutine that waits for the
// end of such a parent, unless it has this method AfterFunc: then that goroutine is one of the execution.
type owned struct {
	context.Context
	s *Site
}

// own returns parent as one whose end is waited for under control, in an execution.
func own(parent context.Context, s *Site) context.Context {
	if _, has := parent.(interface{ AfterFunc(func()) func() bool }); has || parent == nil || isOwn(parent) || engine.Self() == nil {
		return parent
	}
	return owned{parent, s}
}

// isOwn reports whether a context is package context's, and not one with values of one that is not.
func isOwn(ctx context.Context) bool {
	for {
		t := reflect.TypeOf(ctx)
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t.PkgPath() != "context" {
			return false
		}
		if t.Name() != "valueCtx" {
			return true
		}
		parent := reflect.ValueOf(ctx).Elem().FieldByName("Context")
		if !parent.IsValid() || !parent.CanInterface() {
			return true // of a Go that has it otherwise
		}
		ctx = parent.Interface().(context.Context)
	}
}

// AfterFunc runs f in a goroutine when the context is done, unless it is stopped before.
func (o owned) AfterFunc(f func()) (stop func() bool) {
	t := engine.Self()
	stopped := make(chan struct{})
	chanObject(t, stopped, o.s).Made(t, trace.OpContext, o.s, nil) // it stands for that of the new context
	t.GoTitled(func() {
		if Select(o.s, false, OnRecv(o.Done()), OnRecv(stopped)) == 0 {
			cancelled(f, o.s)
		}
	}, "context.propagateCancel", o.s)
	return func() bool {
		Close(stopped, o.s)
		return true // nobody asks
	}
}

// String names the context as package context names its parent.
func (o owned) String() string {
	if s, ok := o.Context.(interface{ String() string }); ok {
		return s.String()
	}
	return reflect.TypeOf(o.Context).String()
}

// settle has a context make its channel, which package context puts off until it is asked for. That of a context that is
// made outside of executions would belong to a bubble, if it were made in one, and end the process in the next. In an
// execution it is noted who has made it.
func settle(ctx, parent context.Context, s *Site) {
	done := ctx.Done()
	t := engine.At(s)
	if t == nil || t.Unwinding() || done == nil {
		return
	}
	var from *engine.Object
	if isOwn(parent) {
		if d := parent.Done(); d != nil {
			from = t.Known(chanPointer(d))
		}
	}
	chanObject(t, done, s).Made(t, trace.OpContext, s, from)
}

// ContextWithCancel is context.WithCancel.
func ContextWithCancel(parent context.Context, s *Site) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(own(parent, s))
	settle(ctx, parent, s)
	end := offered(func(error) { cancel() }, s)
	return ctx, func() { end(nil) }
}

// ContextWithCancelCause is context.WithCancelCause.
func ContextWithCancelCause(parent context.Context, s *Site) (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(own(parent, s))
	settle(ctx, parent, s)
	return ctx, offered(cancel, s)
}

// ContextWithDeadline is context.WithDeadline.
func ContextWithDeadline(parent context.Context, d time.Time, s *Site) (context.Context, context.CancelFunc) {
	return ContextWithDeadlineCause(parent, d, nil, s)
}

// ContextWithDeadlineCause is context.WithDeadlineCause.
func ContextWithDeadlineCause(parent context.Context, d time.Time, cause error, s *Site) (context.Context, context.CancelFunc) {
	catchUp()
	alarm(time.Until(d), s)
	if engine.Self() == nil {
		engine.TimerOutside(nil, time.Until(d), false)
	}
	ctx, cancel := context.WithDeadlineCause(own(parent, s), d, cause)
	settle(ctx, parent, s)
	end := offered(func(error) { cancel() }, s)
	return ctx, func() { end(nil) }
}

// ContextWithTimeout is context.WithTimeout.
func ContextWithTimeout(parent context.Context, d time.Duration, s *Site) (context.Context, context.CancelFunc) {
	return ContextWithDeadlineCause(parent, TimeNow().Add(d), nil, s)
}

// ContextWithTimeoutCause is context.WithTimeoutCause.
func ContextWithTimeoutCause(parent context.Context, d time.Duration, cause error, s *Site) (context.Context, context.CancelFunc) {
	return ContextWithDeadlineCause(parent, TimeNow().Add(d), cause, s)
}

// ContextErr is the Err of a context.Context. Loops ask it again and again.
func ContextErr(ctx context.Context, s *Site) error {
	if t := engine.At(s); t != nil {
		t.Poll(trace.OpContext, nil, s)
		t.Stirs(trace.Looks)
	}
	return ctx.Err()
}

// ContextCause is context.Cause, a question like ContextErr.
func ContextCause(ctx context.Context, s *Site) error {
	if t := engine.At(s); t != nil {
		t.Poll(trace.OpContext, nil, s)
		t.Stirs(trace.Looks)
	}
	return context.Cause(ctx)
}

// ContextAfterFunc is context.AfterFunc.
func ContextAfterFunc(ctx context.Context, f func(), s *Site) (stop func() bool) {
	return context.AfterFunc(own(ctx, s), callback(f, s))
}
