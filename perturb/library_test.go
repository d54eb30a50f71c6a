package perturb_test

import (
	"context"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
	. "github.com/jostle-dev/jostle/perturb"
)

// pool is a library's: it has one connection, and says who has it.
type pool struct {
	free chan struct{}
	held Kept
}

func newPool() *pool {
	p := &pool{free: make(chan struct{}, 1)}
	p.free <- struct{}{}
	return p
}

func (p *pool) get(why Keeping) {
	defer Awaits(unsafe.Pointer(p), "connection", false)()
	Recv(p.free, site)
	p.held.Keep(unsafe.Pointer(p), "connection", Using)
	p.held.Until(why)
}

func (p *pool) put() {
	p.held.Back()
	To(p.free, site).Send(struct{}{})
}

func callBack() { Recv(make(chan int), site) }

// end is one of a pipe's.
type end struct{ reads, writes chan int }

func pipe() (*end, *end) {
	a, b := make(chan int), make(chan int)
	return &end{a, b}, &end{b, a}
}

func address(c *chan int) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(c)) }

func (e *end) read() {
	defer PipeRead(address(&e.reads), address(&e.writes), "pipe")()
	Recv(e.reads, site)
}

func (e *end) write() {
	defer PipeWrite(address(&e.writes), address(&e.reads), "pipe")()
	To(e.writes, site).Send(1)
}

// mux is a connection with room for one request at a time, which it sends in goroutines of its own.
type mux struct {
	there, back chan int
	free        chan struct{}
}

func newMux() *mux {
	m := &mux{make(chan int), make(chan int), make(chan struct{}, 1)}
	m.free <- struct{}{}
	return m
}

// call returns when a handler answers, and leaves it running.
func (m *mux) call(id uint32, handle func(ctx context.Context, s *Service, answer func())) {
	var r Request
	r.Begin(unsafe.Pointer(m), "stream")
	defer r.Left()
	answered := make(chan struct{})
	Go(func() {
		done := r.Waits()
		Recv(m.free, site)
		done()
		out, in := PipeFlows(address(&m.there), address(&m.back), "mux")
		r.Opens(out, in, id)
		Go(func() {
			out, in := PipeFlows(address(&m.back), address(&m.there), "mux")
			var s Service
			ctx, cancel := ContextWithCancel(context.Background(), site)
			defer cancel()
			s.Begin(out, in, id, ctx.Done())
			handle(ctx, &s, func() { Close(answered, site) })
		}, site)
	}, site)
	Recv(answered, site)
	r.Answered()
}

// What a library notes of those who use it explains what they wait for in it, and not how it makes them wait.
func TestLibrary(t *testing.T) {
	for _, tt := range []struct {
		name string
		body func(*enginetest.Log)
		want string
	}{
		{"kept by who waits", func(*enginetest.Log) {
			p := newPool()
			p.get(Body)
			p.get(Body)
		}, "deadlock (rule 1): a circle of main acquires, for main keeps body"},
		{"kept by who has ended", func(*enginetest.Log) {
			p := newPool()
			Go(func() { p.get(Rows) }, site)
			rest()
			p.get(Rows)
		}, "deadlock (rule 1): main acquires, for other keeps rows"},
		{"kept by who waits for a lock", func(*enginetest.Log) {
			p, q := newPool(), newPool()
			Go(func() { p.get(Tx); rest(); q.get(Tx) }, site)
			q.get(Tx)
			rest()
			p.get(Tx)
		}, "deadlock (rule 2): a circle of main acquires, for other keeps tx, other acquires, for main keeps tx"},
		{"given back", func(*enginetest.Log) {
			p := newPool()
			p.get(Body)
			Go(p.put, site)
			p.get(Body)
			p.put()
		}, "pass"},
		{"in what the library calls back", func(*enginetest.Log) {
			p := newPool()
			p.get(Body)
			done := Awaits(unsafe.Pointer(p), "connection", false)
			callBack()
			done()
		}, "deadlock (rule 4): main receives"},
		{"nobody has it", func(*enginetest.Log) {
			p := newPool()
			Recv(p.free, site)
			p.get(Body)
		}, "deadlock (rule 4): main receives"},
		{"until all is over", func(*enginetest.Log) {
			var held Kept
			owner := unsafe.Pointer(&held)
			stopped := make(chan int)
			Go(func() { held.Keep(owner, "request", Serving); Recv(stopped, site) }, site)
			rest()
			done := Awaits(owner, "request", true)
			for held != (Kept{}) {
				TimeSleep(time.Second, site)
			}
			done()
			Close(stopped, site)
		}, "deadlock (rule 4): main acquires, for other keeps serving, other receives"},
		{"both write to a pipe", func(*enginetest.Log) {
			a, b := pipe()
			Go(func() { b.write(); b.read() }, site)
			a.write()
			a.read()
		}, "deadlock (rule 2): a circle of main writes, for other, other writes, for main"},
		{"one reads from a pipe that the other left", func(*enginetest.Log) {
			a, b := pipe()
			Go(b.write, site)
			a.read()
			a.read()
		}, "deadlock (rule 4): main reads, for other"},
		{"both ends in turn", func(*enginetest.Log) {
			a, b := pipe()
			Go(func() { b.read(); b.write() }, site)
			a.write()
			a.read()
		}, "pass"},
		{"the handler needs a lock of its caller", func(*enginetest.Log) {
			var mu sync.Mutex
			MutexLock(&mu, site)
			newMux().call(1, func(ctx context.Context, s *Service, answer func()) { MutexLock(&mu, site) })
		}, "deadlock (rule 1): a circle of main reads, for other, other locks, for main"},
		{"the handler never ends", func(*enginetest.Log) {
			newMux().call(1, func(ctx context.Context, s *Service, answer func()) { callBack() })
		}, "deadlock (rule 4): main reads, for other, other receives"},
		{"the caller keeps the only stream", func(*enginetest.Log) {
			m := newMux()
			m.call(1, func(ctx context.Context, s *Service, answer func()) { answer(); callBack() })
			m.call(3, func(ctx context.Context, s *Service, answer func()) { answer() })
		}, "deadlock (rule 1): a circle of main acquires, for main keeps body"},
		{"the caller does not read what the handler sends", func(*enginetest.Log) {
			var mu sync.Mutex
			newMux().call(1, func(ctx context.Context, s *Service, answer func()) {
				MutexLock(&mu, site)
				answer()
				defer s.Sends()()
				Recv(make(chan int), site)
			})
			MutexLock(&mu, site)
		}, "deadlock (rule 1): a circle of other writes, for main keeps body, main locks, for other"},
		{"the handler waits until the caller closes the answer", func(*enginetest.Log) {
			var mu sync.Mutex
			newMux().call(1, func(ctx context.Context, s *Service, answer func()) {
				MutexLock(&mu, site)
				answer()
				Recv(ctx.Done(), site)
			})
			MutexLock(&mu, site)
		}, "deadlock (rule 1): a circle of other receives, for main keeps body, main locks, for other"},
		{"a handler keeps the room that another request needs", func(*enginetest.Log) {
			m := newMux()
			m.call(1, func(ctx context.Context, s *Service, answer func()) { s.Unread(10); answer(); callBack() })
			var r Request
			r.Begin(unsafe.Pointer(m), "stream")
			out, in := PipeFlows(address(&m.there), address(&m.back), "mux")
			r.Opens(out, in, 3)
			defer r.Sends(true)()
			Recv(make(chan int), site)
		}, "deadlock (rule 1): main acquires, for other keeps unread, other receives"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, snap := plain(t, 10_000, tt.body)
			assert.Equal(t, tt.want, told(verdict.Of(snap, nil)))
		})
	}
}

var keepingWords = map[Keeping]string{Body: " keeps body", Rows: " keeps rows", Tx: " keeps tx", Serving: " keeps serving", Unread: " keeps unread"}

// told returns the explanation of a verdict in a line.
func told(v *verdict.Verdict) string {
	out, sep := v.String(), ": "
	if v.Cycle {
		sep = ": a circle of "
	}
	who := func(id uint32) string {
		if id == 1 {
			return "main"
		}
		return "other"
	}
	verbs := map[trace.Op]string{trace.OpAcquire: "acquires", trace.OpRead: "reads", trace.OpWrite: "writes", trace.OpRecv: "receives", trace.OpLock: "locks"}
	for _, g := range v.Knot {
		out += sep + who(g.ID) + " " + verbs[g.Op]
		sep = ", "
		for _, w := range g.Waits {
			for _, r := range w.By {
				out += ", for " + who(r.Task) + keepingWords[r.Keeping]
			}
		}
	}
	return out
}
