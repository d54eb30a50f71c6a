package perturb_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	. "github.com/jostle-dev/jostle/perturb"
)

type key struct{}

// An owned is a context as people write them.
type owned struct {
	context.Context
	mu   sync.Mutex
	err  error
	done chan struct{}
}

func newOwned() *owned {
	return &owned{Context: context.Background(), done: make(chan struct{})}
}

func (o *owned) Done() <-chan struct{} { return o.done }

func (o *owned) Err() error {
	MutexLock(&o.mu, site)
	defer MutexUnlock(&o.mu, site)
	return o.err
}

func TestContext(t *testing.T) {
	const ms = time.Millisecond
	enginetest.RunPrograms(t, []enginetest.Program{
		{
			Name: "cancelled by another goroutine, with its children",
			Body: func(log *enginetest.Log) {
				ctx, cancel := ContextWithCancel(context.Background(), site)
				child, cancelChild := ContextWithCancel(ctx, site)
				defer cancelChild()
				Go(cancel, site)
				Recv(child.Done(), site)
				log.Add("%v", child.Err())
			},
			Want: []string{"context canceled"},
		},
		{
			Name: "work or cancellation",
			Body: func(log *enginetest.Log) {
				ctx, cancel := ContextWithCancel(context.Background(), site)
				c := make(chan int, 1)
				Go(cancel, site)
				Go(func() { To(c, site).Send(1) }, site)
				log.Add("%d", Select(site, false, OnRecv(ctx.Done()), OnRecv(c)))
			},
			Want: []string{"0", "1"},
		},
		{
			Name: "cause",
			Body: func(log *enginetest.Log) {
				ctx, cancel := ContextWithCancelCause(context.Background(), site)
				cancel(errors.New("because"))
				cancel(errors.New("too late"))
				log.Add("%v", context.Cause(ctx))
			},
			Want: []string{"because"},
		},
		{
			Name: "of a type of somebody's own",
			Body: func(log *enginetest.Log) {
				parent, ran := newOwned(), make(chan struct{})
				ctx, cancel := ContextWithCancel(parent, site)
				defer cancel()
				child, cancelChild := ContextWithTimeout(context.WithValue(parent, key{}, 1), time.Hour, site)
				ContextAfterFunc(parent, func() { Close(ran, site) }, site)
				Go(func() {
					MutexLock(&parent.mu, site)
					parent.err = errors.New("over")
					MutexUnlock(&parent.mu, site)
					Close(parent.done, site)
				}, site)
				Go(cancelChild, site)
				Recv(child.Done(), site)
				log.Add("%v %v", child.Err(), child.Value(key{}))
				Recv(ctx.Done(), site)
				Recv(ran, site)
				log.Add("%v", ctx.Err())
			},
			Departures: 2,
			Want:       []string{"context canceled 1 over", "over 1 over"},
		},
		{
			Name: "time-out",
			Body: func(log *enginetest.Log) {
				ctx, cancel := ContextWithTimeout(context.Background(), 2*ms, site)
				defer cancel()
				late, cancelLate := ContextWithDeadlineCause(ctx, time.Now().Add(time.Hour), errors.New("never"), site)
				defer cancelLate()
				Recv(late.Done(), site)
				log.Add("%v", context.Cause(late))
				past, cancelPast := ContextWithTimeoutCause(context.Background(), -1, errors.New("past"), site)
				defer cancelPast()
				log.Add("%v", context.Cause(past))
			},
			Want: []string{"context deadline exceeded past"},
		},
		{
			Name: "cancelled before its time",
			Body: func(log *enginetest.Log) {
				ctx, cancel := ContextWithDeadline(context.Background(), time.Now().Add(time.Hour), site)
				Go(cancel, site)
				Recv(ctx.Done(), site)
				log.Add("%v", ctx.Err())
			},
			Want: []string{"context canceled"},
		},
		{
			Name: "AfterFunc",
			Body: func(log *enginetest.Log) {
				ctx, cancel := ContextWithCancel(context.Background(), site)
				c := make(chan int)
				stop := ContextAfterFunc(ctx, func() { log.Add("never") }, site)
				ContextAfterFunc(ctx, func() { To(c, site).Send(1) }, site)
				log.Add("%t", stop())
				cancel()
				log.Add("%d %t", Recv(c, site), stop())
			},
			Want: []string{"true 1 false"},
		},
		{
			// The engine is not told of this one: the hang is seen not to be one when nothing else can run.
			Name: "of native code",
			Body: func(log *enginetest.Log) {
				ctx, cancel := context.WithTimeout(context.Background(), 3*ms)
				defer cancel()
				Recv(ctx.Done(), site)
				log.Add("%v", ctx.Err())
			},
			Want: []string{"context deadline exceeded"},
		},
		{
			Name: "never cancelled",
			Body: func(*enginetest.Log) { Recv(context.Background().Done(), site) },
			Want: []string{"hang"},
		},
	})
}
