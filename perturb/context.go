package perturb

import (
	"context"
	"reflect"
	"strings"
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
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
	t.Point(engine.OpCancel, nil, s)
	cancel()
	t.Settle()
}

// offered makes the cancel function of a context that the calling code has made, and offers it to the schedule: if the code
// is a test, its contexts are what a user of the code under test may cancel at any time.
func offered(cancel func(error), s *Site) func(error) {
	t := engine.At(s)
	var o *engine.Offer
	if t != nil && strings.HasSuffix(s.File, "_test.go") {
		o = t.Offer(func() { cancel(nil) }, s)
	}
	return func(cause error) {
		if t := engine.At(s); t != nil && o != nil {
			t.Withdraw(o)
		}
		cancelled(func() { cancel(cause) }, s)
	}
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
	if typ := reflect.TypeOf(parent); typ.Kind() == reflect.Pointer && typ.Elem().PkgPath() == "context" {
		if d := parent.Done(); d != nil {
			from = t.Known(chanPointer(d))
		}
	}
	chanObject(t, done, s).Made(t, engine.OpContext, s, from)
}

// ContextWithCancel is context.WithCancel.
func ContextWithCancel(parent context.Context, s *Site) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	settle(ctx, parent, s)
	end := offered(func(error) { cancel() }, s)
	return ctx, func() { end(nil) }
}

// ContextWithCancelCause is context.WithCancelCause.
func ContextWithCancelCause(parent context.Context, s *Site) (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(parent)
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
	ctx, cancel := context.WithDeadlineCause(parent, d, cause)
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
		t.Poll(engine.OpContext, nil, s)
	}
	return ctx.Err()
}

// ContextCause is context.Cause, a question like ContextErr.
func ContextCause(ctx context.Context, s *Site) error {
	if t := engine.At(s); t != nil {
		t.Poll(engine.OpContext, nil, s)
	}
	return context.Cause(ctx)
}

// ContextAfterFunc is context.AfterFunc.
func ContextAfterFunc(ctx context.Context, f func(), s *Site) (stop func() bool) {
	return context.AfterFunc(ctx, callback(f, s))
}
