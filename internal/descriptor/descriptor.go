// Package descriptor has the goroutines of a controlled execution wait for descriptors of the machine: pipes, sockets that are not in
// memory, child processes. The kernel does what is read and written; waiting is the engine's, so that a goroutine which waits is one that the
// schedule knows, and deadlines are on the virtual clock.
//
// Of a pipe both ends are in this process, unless one was given away: then a wait that nothing ends is a proved hang, as it is at a
// channel. Of everything else it is not known what uses the other end: it is abroad, see engine.Task.SetAbroad.
//
// Packages internal/poll and os call this one (see package instrument/patch). Like the engine it is compiled without the race detector, and uses
// no maps. Elsewhere than in Linux nothing calls it.
package descriptor

import (
	"path"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/trace"
)

// A Mode is what a descriptor is used for, as internal/poll has it.
type Mode = int

const (
	Read  Mode = 'r'
	Write Mode = 'w'
)

// A Result says how a wait has ended, as internal/poll has it.
type Result = int

const (
	Ready   Result = 0
	Late    Result = 2
	waiting Result = -1
)

// An Open is an open descriptor as internal/poll has it.
type Open interface {
	// Number returns the descriptor.
	Number() int
	// Reset returns how a wait would end at once for another reason than that the descriptor is ready, Ready if it would not.
	Reset(mode Mode) Result
}

// A File is what is known of an open descriptor.
type File struct {
	in, out *stream
	reading engine.Deadline
	writing engine.Deadline
	queue   engine.Waiters // operations that wait for others at this file to be over
	used    engine.RunID   // the last one
	nature  nature
}

// A stream is what comes to a descriptor, or goes from it. To the engine it is an object: readers wait for writers there, and writers for
// readers.
type stream struct {
	name string
	own  bool // both ends are in this process, and belong to the execution that has made them
}

// task returns the calling task; nil if the caller is not a task, or is being ended.
func task() *engine.Task {
	if t := engine.Self(); t != nil && !t.Unwinding() {
		return t
	}
	return nil
}

// of returns what is known of a descriptor, which is kept in state, in the execution of t.
func of(t *engine.Task, state *any, fd Open) *File {
	f, _ := (*state).(*File)
	if f == nil {
		tidy(fd.Number())
		kind := kindOf(fd.Number())
		f = &File{in: &stream{name: kind}, out: &stream{name: kind}}
		*state = f
	}
	if run := t.Execution().ID(); f.used != run {
		if f.used != (engine.RunID{}) { // one that was left behind by an execution before
			f.in.own, f.out.own = false, false
		}
		f.used, f.nature = run, unknown
		f.reading, f.writing, f.queue = engine.Deadline{}, engine.Deadline{}, engine.Waiters{}
	}
	return f
}

// Pipe notes that the calling goroutine has made a pipe, of which r and w are the states of both ends. The number of one is n.
func Pipe(r, w *any, n int) {
	t := task()
	if t == nil {
		return
	}
	tidy(n)
	s := t.LibSite(trace.OpPipe)
	p := &stream{name: "the pipe of " + path.Base(s.File) + ":" + strconv.Itoa(int(s.Line)), own: true}
	run := t.Execution().ID()
	*r = &File{in: p, out: p, used: run}
	*w = &File{in: p, out: p, used: run}
	t.Did(p.object(t, s), trace.OpPipe, s)
}

// Given notes that the number of a descriptor was asked for: what has it may be outside of the process.
func Given(state *any) {
	f, _ := (*state).(*File)
	if f == nil {
		return
	}
	if t := task(); t != nil {
		for _, s := range [...]*stream{f.in, f.out} {
			s.own = false
			if o := t.Known(unsafe.Pointer(s)); o != nil {
				t.SetAbroad(o)
			}
		}
	}
}

// tidy has the garbage collector close descriptors that executions have left behind, if many are open: n is the number of a new one, the
// lowest that is free.
func tidy(n int) {
	switch {
	case n < manyOpen/2:
		collectAt = manyOpen
	case n >= collectAt:
		runtime.GC()
		collectAt = n + manyOpen
	}
}

// manyOpen is how many descriptors are open before garbage is collected for them. Most systems allow a process 1024 and more.
const manyOpen = 256

// collectAt is the number of a descriptor at which it is collected next.
var collectAt = manyOpen

// object returns the engine's side of a stream.
func (s *stream) object(t *engine.Task, at *trace.Site) *engine.Object {
	o := t.Object(unsafe.Pointer(s), trace.Socket, at)
	if o.Name == "" {
		o.Name = s.name
		t.SetKernel()
		if !s.own {
			t.SetAbroad(o)
		}
	}
	return o
}

// half returns what of a file an operation is about.
func (f *File) half(mode Mode) (trace.Op, *stream, *engine.Deadline) {
	if mode == Write {
		return trace.OpWrite, f.out, &f.writing
	}
	return trace.OpRead, f.in, &f.reading
}

// Begin is the sync point before a descriptor is read or written. It returns Late if the deadline for that has passed. What comes from
// abroad is read when no other goroutine can run.
func Begin(state *any, fd Open, mode Mode) Result {
	t := task()
	if t == nil {
		return Ready
	}
	f := of(t, state, fd)
	op, stream, deadline := f.half(mode)
	s := t.LibSite(op)
	o := stream.object(t, s)
	t.Point(op, o, s)
	if o.Abroad && !f.settle(t, fd) && mode == Read {
		t.GoLast(s)
	}
	if deadline.Passed(t) {
		return Late
	}
	return Ready
}

// Wait parks the calling goroutine until a descriptor can be read or written, or its wait is over for another reason. ok is false if the
// goroutine is not part of an execution.
func Wait(state *any, fd Open, mode Mode) (r Result, ok bool) {
	t := engine.Self()
	if t == nil {
		return 0, false
	}
	f := of(t, state, fd)
	op, stream, deadline := f.half(mode)
	s := t.LibSite(op)
	o := stream.object(t, s)
	l := &o.Waiters
	if mode == Write {
		l = &o.Senders
	}
	over := func() bool {
		if r = fd.Reset(mode); r == Ready && !ready(fd.Number(), mode) {
			r = waiting
		}
		return r != waiting
	}
	if deadline.Passed(t) {
		return Late, true
	}
	if (!o.Abroad || f.settle(t, fd) || mode == Write) && over() {
		return r, true
	}
	if !deadline.Wait(t, l, op, o, s, over) {
		return Late, true
	}
	return r, true
}

// SetDeadline sets the deadlines of a descriptor for some modes to d nanoseconds from now; 0 removes them. It reports false if the calling
// goroutine is not part of an execution.
func SetDeadline(state *any, fd Open, d int64, read, write bool) (ok bool) {
	t := task()
	if t == nil {
		return false
	}
	f := of(t, state, fd)
	at := time.Time{}
	if d != 0 {
		at = time.Now().Add(time.Duration(d))
	}
	if read && f.reading.Urgent(t, at) || write && f.writing.Urgent(t, at) {
		stream := f.in
		if !read {
			stream = f.out
		}
		s := t.LibSite(trace.OpDeadline)
		t.Point(trace.OpDeadline, stream.object(t, s), s)
	}
	if read {
		f.reading.Set(t, at)
	}
	if write {
		f.writing.Set(t, at)
	}
	return true
}

// Evicted has the goroutines look again that wait at a descriptor: it is being closed.
func Evicted(state *any) {
	if f, _ := (*state).(*File); f != nil && task() != nil {
		f.reading.Look()
		f.writing.Look()
	}
}

// Acquire waits for a semaphore of a descriptor, which operations in a mode wait for, or 0 for its Close. It reports false if the
// calling goroutine is not part of an execution.
func Acquire(state *any, fd Open, sema *uint32, mode Mode) bool {
	t := engine.Self()
	if t == nil {
		return false
	}
	if take(sema) {
		return true
	}
	f := of(t, state, fd)
	op, stream, _ := f.half(mode)
	if mode == 0 {
		op = trace.OpClose
	}
	s := t.LibSite(op)
	w := t.Waiter()
	w.Poller = engine.PollFunc(func() bool {
		if !take(sema) {
			return false
		}
		t.Execution().Complete(w, true)
		return true
	})
	t.Wait(&f.queue, w, stream.object(t, s), op, s)
	t.Block(op, s)
	return true
}

// take takes a semaphore as package runtime does.
func take(sema *uint32) bool {
	v := atomic.LoadUint32(sema)
	return v > 0 && atomic.CompareAndSwapUint32(sema, v, v-1)
}

// Released has the goroutines look again that wait for semaphores of a descriptor.
func Released(state *any) {
	if f, _ := (*state).(*File); f != nil && task() != nil {
		pollAll(&f.queue)
	}
}

// Closing is the sync point before a descriptor is closed.
func Closing(state *any, fd Open) {
	t := task()
	if t == nil {
		return
	}
	s := t.LibSite(trace.OpClose)
	t.Point(trace.OpClose, of(t, state, fd).out.object(t, s), s)
}

// Did has the goroutines look again that wait at what was read or written through a descriptor, or was closed with it.
func Did(state *any) {
	f, _ := (*state).(*File)
	if f == nil {
		return
	}
	t := task()
	if t == nil {
		return
	}
	wake(t, f.in)
	if f.out != f.in {
		wake(t, f.out)
	}
	if f.nature == domestic {
		lookAll(t)
	}
}

func wake(t *engine.Task, s *stream) {
	o := t.Known(unsafe.Pointer(s))
	if o == nil || o.Abroad {
		return // what comes from there is seen when no goroutine can run
	}
	pollAll(&o.Waiters)
	pollAll(&o.Senders)
}

func pollAll(l *engine.Waiters) {
	for w := l.First(); w != nil; {
		next := w.Next()
		w.Poll()
		w = next
	}
}

// Starts is called before a child process is started. It sees the machine: not the sockets in memory of its parent, and not its clock, which
// is that of another day. So the execution is to be repeated with what the machine has, see engine.OfMachine, and in this one no process is started.
func Starts() error {
	if t := task(); t != nil && !engine.OfMachine {
		t.Lacks("it starts a child process", t.LibSite(trace.OpGo))
		return syscall.ENOSYS
	}
	return nil
}

// AwaitProcess parks the calling goroutine until the child process has ended that pidfd is a descriptor of. If the execution is over before
// that, the process is ended too: nothing else would wait for it, and there are many executions.
func AwaitProcess(pidfd int) {
	t := task()
	if t == nil {
		return
	}
	p := &stream{name: "child process"}
	s := t.LibSite(trace.OpWait)
	o := p.object(t, s)
	t.Point(trace.OpWait, o, s)
	var d engine.Deadline
	ended := false
	defer func() {
		if !ended {
			kill(pidfd)
		}
	}()
	d.Wait(t, &o.Waiters, trace.OpWait, o, s, func() bool {
		before := ended
		ended = ready(pidfd, Read)
		return before // what it has written last was looked for since
	})
}
