package worker

import (
	"fmt"
	"math"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/network"
	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/perturb"
)

func TestMain(m *testing.M) {
	program.Register([]perturb.Site{}) // the bodies below call package perturb as instrumented code does
	os.Exit(m.Run())
}

// A recorder is a test that keeps what it is told.
type recorder struct {
	testing.TB
	failed bool
	text   string
}

func (r *recorder) Helper()      {}
func (r *recorder) Name() string { return "TestX" }
func (r *recorder) Log(args ...any) {
	r.text += fmt.Sprintln(args...)
}
func (r *recorder) Fatal(args ...any) {
	r.failed = true
	r.text += fmt.Sprintln(args...)
	runtime.Goexit()
}
func (r *recorder) Fatalf(format string, args ...any) { r.Fatal(fmt.Sprintf(format, args...)) }

// check runs Check against a recorder.
func check(body func(testing.TB)) *recorder { return checkWith(body, Config{Schedules: 200}) }

func checkWith(body func(testing.TB), c Config) *recorder {
	r := new(recorder)
	done := make(chan struct{})
	go func() {
		defer close(done)
		This.Check(r, body, c)
	}()
	<-done
	return r
}

// at returns a site at a line of an imaginary file, so that reports read like real ones.
func at(line int, expr string) *perturb.Site {
	return &perturb.Site{File: "/src/x.go", Line: int32(line), Col: 1, Func: "x.F", Expr: expr, Key: uint64(line)}
}

func TestCheck(t *testing.T) {
	tests := []struct {
		name string
		body func(testing.TB)
		want string // "" for none
	}{
		{"pass", func(testing.TB) {
			c := make(chan int)
			perturb.Go(func() { perturb.To(c, at(1, "c")).Send(1) }, at(1, "func"))
			perturb.Recv(c, at(2, "c"))
		}, ""},
		{"lock order", func(testing.TB) {
			var a, b sync.Mutex
			var wg sync.WaitGroup
			perturb.WaitGroupGo(&wg, func() {
				perturb.MutexLock(&a, at(1, "a"))
				perturb.MutexLock(&b, at(2, "b"))
				perturb.MutexUnlock(&b, at(3, "b"))
				perturb.MutexUnlock(&a, at(4, "a"))
			}, at(5, "wg"))
			perturb.WaitGroupGo(&wg, func() {
				perturb.MutexLock(&b, at(6, "b"))
				perturb.MutexLock(&a, at(7, "a"))
				perturb.MutexUnlock(&a, at(8, "a"))
				perturb.MutexUnlock(&b, at(9, "b"))
			}, at(10, "wg"))
			perturb.WaitGroupWait(&wg, at(11, "wg"))
		}, "verdict=deadlock rule=2 "},
		{"lock order with deferred unlocks", func(testing.TB) { lockOrder() }, "verdict=deadlock rule=2 "},
		{"nested read lock", func(testing.TB) {
			var mu sync.RWMutex
			var wg sync.WaitGroup
			perturb.WaitGroupGo(&wg, func() {
				perturb.RWMutexRLock(&mu, at(1, "mu"))
				perturb.RWMutexRLock(&mu, at(2, "mu"))
				perturb.RWMutexRUnlock(&mu, at(3, "mu"))
				perturb.RWMutexRUnlock(&mu, at(4, "mu"))
			}, at(5, "wg"))
			perturb.RWMutexLock(&mu, at(6, "mu"))
			perturb.RWMutexUnlock(&mu, at(7, "mu"))
			perturb.WaitGroupWait(&wg, at(8, "wg"))
		}, "verdict=deadlock rule=2 "},
		{"lock held at a send", func(testing.TB) {
			var mu sync.Mutex
			c := make(chan int)
			perturb.Go(func() {
				perturb.MutexLock(&mu, at(1, "mu"))
				perturb.To(c, at(2, "c")).Send(1)
				perturb.MutexUnlock(&mu, at(3, "mu"))
				perturb.To(c, at(4, "c")).Send(1)
			}, at(5, "func"))
			perturb.Recv(c, at(6, "c"))
			perturb.MutexLock(&mu, at(7, "mu"))
			perturb.MutexUnlock(&mu, at(8, "mu"))
			perturb.Recv(c, at(9, "c"))
			perturb.Go(func() {
				perturb.MutexLock(&mu, at(10, "mu"))
				perturb.To(c, at(11, "c")).Send(1)
				perturb.MutexUnlock(&mu, at(12, "mu"))
			}, at(13, "func"))
			perturb.RuntimeGosched(at(14, ""))
			perturb.MutexLock(&mu, at(15, "mu"))
			perturb.MutexUnlock(&mu, at(16, "mu"))
			perturb.Recv(c, at(17, "c"))
		}, "verdict=deadlock rule=1 "},
		{"sleeper for ever", func(testing.TB) {
			perturb.Go(func() { perturb.TimeSleep(math.MaxInt64, at(1, "math.MaxInt64")) }, at(2, "func"))
		}, "verdict=leak rule=4 "},
		{"leaked sender", func(testing.TB) {
			c := make(chan int)
			perturb.Go(func() { perturb.To(c, at(1, "c")).Send(1) }, at(2, "func"))
			perturb.Go(func() { perturb.To(c, at(3, "c")).Send(2) }, at(4, "func"))
			perturb.Recv(c, at(5, "c"))
		}, "verdict=leak rule=4 "},
		{"missed signal", func(testing.TB) {
			var mu sync.Mutex
			c := sync.NewCond(&mu)
			perturb.Go(func() { perturb.CondSignal(c, at(1, "c")) }, at(2, "func"))
			perturb.MutexLock(&mu, at(3, "mu"))
			perturb.CondWait(c, at(4, "c"))
			perturb.MutexUnlock(&mu, at(5, "mu"))
		}, "verdict=lost-wake-up rule=3 "},
		{"panic", func(testing.TB) {
			perturb.Go(func() { panic("oh") }, at(1, "func"))
		}, "verdict=panic rule=- "},
		{"assertion", func(t testing.TB) {
			n := 0
			done := make(chan int)
			perturb.Go(func() {
				perturb.RuntimeGosched(at(1, ""))
				n++
				perturb.Close(done, at(2, "done"))
			}, at(3, "func"))
			perturb.RuntimeGosched(at(4, ""))
			perturb.RuntimeGosched(at(5, ""))
			assert.Equal(t, 1, n)
			perturb.Recv(done, at(6, "done"))
		}, "verdict=assertion rule=- "},
		{"cleanup ends it", func(t testing.TB) {
			quit, ctx := make(chan int), t.Context()
			perturb.Go(func() { perturb.Recv(ctx.Done(), at(1, "ctx")) }, at(2, "func"))
			perturb.Go(func() { perturb.Recv(quit, at(3, "quit")) }, at(4, "func"))
			t.Cleanup(func() { perturb.Close(quit, at(5, "quit")) })
		}, ""},
		{"hang beside a ticker", func(t testing.TB) {
			never := make(chan int)
			perturb.Go(func() {
				tick := perturb.TimeNewTicker(time.Second, at(1, ""))
				for {
					perturb.Recv(tick.C, at(2, "tick.C"))
				}
			}, at(3, "func"))
			perturb.Recv(never, at(4, "never"))
		}, "verdict=deadlock rule=4 "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			This.beforeBubbles() // its goroutine stays
			before := runtime.NumGoroutine()
			r := check(tt.body)
			assert.Equal(t, tt.want != "", r.failed, r.text)
			assert.Contains(t, r.text, tt.want)
			assert.NotContains(t, r.text, "could not be ended")
			t.Log(r.text)
			for i := 0; runtime.NumGoroutine() > before && i < 1000; i++ {
				time.Sleep(time.Millisecond) // the last goroutine of an execution is still on its way out
			}
			assert.LessOrEqual(t, runtime.NumGoroutine(), before)
		})
	}
}

func TestReplayCommand(t *testing.T) {
	const first = "eval \"$(jostle env .)\"\n"
	assert.Equal(t, first+`go test -run '^FuzzX$/^seed#0$' .`, This.replayCommand("FuzzX/seed#0", nil))
	assert.Equal(t, first+`go test -run '^FuzzX$' .`, This.replayCommand("FuzzX", []byte{}))
	assert.Equal(t, first+`go test -run '^FuzzX$/^582528ddfad69eb5$' .`, This.replayCommand("FuzzX", []byte("0")))
}

// What a body has started ends when its context is cancelled, at whatever sync point that is; what does not is a leak.
func TestCancel(t *testing.T) {
	feed := func(looks bool) func(testing.TB) {
		return func(t testing.TB) {
			ctx, out := t.Context(), make(chan int)
			perturb.Go(func() {
				for range 3 {
					if !looks {
						perturb.To(out, at(1, "out")).Send(1)
						continue
					}
					done := perturb.OnRecv(ctx.Done())
					if perturb.Select(at(2, "select"), false, perturb.OnSend(out).Value(1), done) == 1 {
						return
					}
				}
			}, at(3, "func"))
			for range 3 {
				if perturb.Select(at(4, "select"), false, perturb.OnRecv(out), perturb.OnRecv(ctx.Done())) == 1 {
					t.Fatal("cancelled")
				}
			}
		}
	}
	cancel := Config{Schedules: 200, Cancel: true}
	assert.False(t, check(feed(false)).failed, "nobody cancels it")
	assert.False(t, checkWith(feed(true), cancel).failed, "it ends")
	r := checkWith(feed(false), cancel)
	assert.True(t, r.failed)
	assert.Contains(t, r.text, "leak: 1 goroutine")
	assert.Contains(t, r.text, "rule 4")
	assert.Contains(t, r.text, "The context of the test was cancelled")
}

// A context is cancelled early and late alike: what needs it to be late is found too.
func TestCancelLate(t *testing.T) {
	const steps = 100
	late := func(t testing.TB) {
		ctx, c := t.Context(), make(chan int, 1)
		perturb.Go(func() { perturb.Recv(ctx.Done(), at(1, "ctx")) }, at(3, "func"))
		for i := range steps {
			perturb.To(c, at(4, "c")).Send(i)
			<-c
			if ctx.Err() != nil && i < steps-steps/10 {
				t.Fatal("cancelled early")
			}
		}
		if ctx.Err() != nil {
			perturb.Recv(make(chan int), at(5, "never"))
		}
	}
	r := checkWith(late, Config{Schedules: 100, Cancel: true})
	assert.True(t, r.failed)
	assert.Contains(t, r.text, "verdict=deadlock")
}

// A body that says so when a connection fails is right, and what then never ends is a leak.
func TestFaults(t *testing.T) {
	ask := func(room int, fails bool) func(testing.TB) {
		return func(t testing.TB) {
			n := network.Current()
			l, _ := n.Listen(network.TCP, network.IP(netip.MustParseAddr("127.0.0.1"), 0), false, 1)
			c := n.NewConn(network.TCP)
			if err := c.Connect(l.Local()); err != nil {
				t.Fatal(err)
			}
			s, _ := l.Accept()
			failed := make(chan error, room)
			perturb.Go(func() {
				if _, err := c.Read(make([]byte, 1)); err != nil {
					perturb.To(failed, at(1, "failed")).Send(err)
				}
			}, at(2, "func"))
			if _, err := s.Write([]byte("1")); err != nil && fails {
				t.Fatal(err)
			}
		}
	}
	faults := Config{Schedules: 200, Faults: true}
	assert.False(t, check(ask(0, false)).failed, "nothing fails")
	assert.False(t, checkWith(ask(1, true), faults).failed, "it ends")
	assert.False(t, checkWith(ask(0, true), faults).failed, "what a body leaves behind that fails is not looked at")
	r := checkWith(ask(0, false), faults)
	assert.True(t, r.failed)
	assert.Contains(t, r.text, "leak: 1 goroutine")
	assert.Regexp(t, `The connection 127.0.0.1:\d+ → 127.0.0.1:\d+ was cut at`, r.text)
}
