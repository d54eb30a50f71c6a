package conformance

import (
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
)

var contexts = []enginetest.Program{
	{
		Name: "cancelled, with its children",
		Body: func(log *enginetest.Log) {
			ctx, cancel := context.WithCancel(context.Background())
			child, cancelChild := context.WithCancel(context.WithValue(ctx, flag(true), "v"))
			defer cancelChild()
			go cancel()
			<-child.Done()
			log.Add("%v %v", child.Err(), child.Value(flag(true)))
			cancel()
			_, ok := <-ctx.Done()
			log.Add("%t", ok)
		},
		Departures: 3,
		Want:       []string{"context canceled v false"},
	},
	{
		Name: "work or cancellation",
		Body: func(log *enginetest.Log) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			c := make(chan int)
			go func() {
				select {
				case c <- 1:
				case <-ctx.Done():
				}
			}()
			go cancel()
			select {
			case <-c:
				log.Add("work")
			case <-ctx.Done():
				log.Add("%v", ctx.Err())
			}
		},
		Departures: 4,
		Want:       []string{"work", "context canceled"},
	},
	{
		Name: "causes",
		Body: func(log *enginetest.Log) {
			ctx, cancel := context.WithCancelCause(context.Background())
			cancel(errors.New("because"))
			cancel(errors.New("too late"))
			log.Add("%v,%v", ctx.Err(), context.Cause(ctx))
			rest, stop := context.WithTimeoutCause(context.WithoutCancel(ctx), time.Second, errors.New("slow"))
			defer stop()
			log.Add("%v", rest.Err())
			<-rest.Done()
			log.Add("%v,%v", rest.Err(), context.Cause(rest))
			past, stop := context.WithDeadlineCause(context.Background(), time.Now().Add(-1), errors.New("past"))
			defer stop()
			log.Add("%v", context.Cause(past))
		},
		Virtual: true, Departures: 2,
		Want: []string{"context canceled,because <nil> context deadline exceeded,slow past"},
	},
	{
		Name: "deadlines, the earlier counts",
		Body: func(log *enginetest.Log) {
			lap := stopwatch(log)
			long, cancel := context.WithDeadline(context.Background(), time.Now().Add(time.Hour))
			defer cancel()
			short, cancel := context.WithTimeout(long, time.Second)
			defer cancel()
			longer, cancel := context.WithTimeout(short, time.Minute)
			defer cancel()
			<-longer.Done()
			lap()
			log.Add("%v %v", longer.Err(), long.Err())
			<-long.Done()
			lap()
		},
		Virtual: true, Departures: 1,
		Want: []string{"1s context deadline exceeded <nil> 1h0m0s"},
	},
	{
		Name: "AfterFunc runs beside the rest, or is stopped",
		Body: func(log *enginetest.Log) {
			ctx, cancel := context.WithCancel(context.Background())
			c := make(chan string)
			stop := context.AfterFunc(ctx, func() { log.Add("never") })
			log.Add("%t %t", stop(), stop())
			stop = context.AfterFunc(ctx, func() { c <- "ran" })
			cancel()
			log.Add("%s", <-c)
			log.Add("%t", stop())
			context.AfterFunc(ctx, func() { c <- "at once" })
			log.Add("%s", <-c)
		},
		Departures: 2,
		Want:       []string{"true false ran false at once"},
	},
	{
		Name: "AfterFunc or its stop",
		Body: func(log *enginetest.Log) {
			ctx, cancel := context.WithCancel(context.Background())
			ran := make(chan int)
			stop := context.AfterFunc(ctx, func() { close(ran) })
			go cancel()
			if stop() {
				log.Add("stopped")
			} else {
				<-ran
				log.Add("ran")
			}
			cancel()
		},
		Departures: 3,
		Want:       []string{"stopped", "ran"},
	},
	{
		Name: "asked again and again",
		Body: func(log *enginetest.Log) {
			ctx, cancel := context.WithCancel(context.Background())
			go cancel()
			for ctx.Err() == nil {
				runtime.Gosched()
			}
			log.Add("%v", context.Cause(ctx))
		},
		Departures: 2,
		Want:       []string{"context canceled"},
	},
	{
		Name: "asked without a pause",
		Body: func(log *enginetest.Log) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
			defer cancel()
			for ctx.Err() == nil {
			}
			log.Add("%v", context.Cause(ctx))
		},
		Departures: 1,
		Want:       []string{"context deadline exceeded"},
	},
	{
		Name: "asked for the cause, and by a method value",
		Body: func(log *enginetest.Log) {
			for _, ask := range []func(context.Context) error{
				context.Cause,
				context.Context.Err,
				func(ctx context.Context) error { err := ctx.Err; return err() },
				func(ctx context.Context) error { return context.Cause(ctx) },
			} {
				ctx, cancel := context.WithCancelCause(context.Background())
				go cancel(nil)
				for ask(ctx) == nil {
				}
				log.Add("%v", ask(ctx))
			}
		},
		Departures: 1,
		Want:       []string{"context canceled context canceled context canceled context canceled"},
	},
	{
		Name: "what a question finds is open",
		Body: func(log *enginetest.Log) {
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan int, 1)
			go func() {
				done <- 1
				log.Add("%v", ctx.Err())
			}()
			<-done
			cancel()
		},
		Departures: 4,
		Want:       []string{"<nil>", "context canceled"},
	},
	{
		Name: "never",
		Body: func(*enginetest.Log) { <-context.Background().Done() },
		Want: []string{"hang"},
	},
}
