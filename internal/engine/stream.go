package engine

import (
	"strconv"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/trace"
)

// Requests that share a connection have streams. Goroutines of the library read and write the connection for all of them, so that it does
// not show who waits for whom: the copies of the standard library say it (package instrument/patch). Each direction of a stream is a
// socket to the verdict, with one goroutine at each end.

// A Request is a request in a stream to the goroutine that makes it. The library sends it, and waits for the stream, in a goroutine of its
// own, but in the name of the caller. The zero Request stands for no request.
type Request struct {
	caller    *Task // until it has its answer; nil if it is not of the execution
	stream    *Object
	gets      *trace.Site // where the caller asks for a stream
	reads     *trace.Site // and for what comes in it
	out, in   *Object
	has, body Kept
}

// Begin notes that the calling goroutine makes a request, and needs one of the streams that owner gives out under a name.
func (r *Request) Begin(owner unsafe.Pointer, name string) {
	t := Self()
	if t == nil || t.Unwinding() {
		return
	}
	r.caller, r.stream = t, t.shared(owner, name)
	r.gets, r.reads = t.userSite(trace.OpAcquire, name), t.userSite(trace.OpRead, "")
}

// of reports whether the caller still waits, and is one of the execution that t is of.
func (r *Request) of(t *Task) bool {
	return t != nil && !t.Unwinding() && r.caller != nil && r.caller.x == t.x
}

// Waits notes that the request waits for a stream until the library calls the function that it returns.
func (r *Request) Waits() (done func()) {
	if !r.of(Self()) {
		return func() {}
	}
	r.caller.librarys(trace.OpNone, r.stream, 1, r.gets)
	return func() {
		if r.of(Self()) {
			r.caller.GaveUp(r.stream)
		}
	}
}

// Opens notes that the request has its stream, and that the calling goroutine sends it: over a connection with these two directions, which
// are nil if they are not known, and with a number that both ends know.
func (r *Request) Opens(out, in *Object, id uint32) {
	t := Self()
	if !r.of(t) {
		return
	}
	r.has.keep(r.caller, r.stream, r.gets, trace.Calling)
	if out == nil {
		return
	}
	r.out, r.in = t.streamIn(out, in, id)
	r.out.ends.Writer = Use{t, trace.OpWrite, r.reads, t.x.trace.n}
	r.in.ends.Reader = Use{r.caller, trace.OpRead, r.reads, t.x.trace.n}
	r.caller.librarys(trace.OpRead, r.in, 0, r.reads)
}

// Answered notes that the caller gets its answer, the body of which is to be closed.
func (r *Request) Answered() {
	t := Self()
	if !r.of(t) {
		return
	}
	t.Step(trace.OpAcquire, r.stream, r.gets)
	r.has.Until(trace.Body)
	if h := r.has.hold(); h >= 0 && r.in != nil {
		r.body.keep(r.caller, r.in, r.gets, trace.Body)
	}
}

// Left notes that the caller waits no more.
func (r *Request) Left() {
	if r.of(Self()) {
		r.caller.GaveUp(r.stream)
		if r.in != nil {
			r.caller.GaveUp(r.in)
		}
	}
	r.caller = nil
}

// Receives notes that the calling goroutine waits for what comes in the stream until it calls the function that Receives returns.
func (r *Request) Receives() (done func()) { return atEnd(trace.OpRead, r.in) }

// Sends notes that the calling goroutine waits until more can be sent, or until it calls the function that Sends returns: in the stream, or
// if that has room, in the connection, whose window other requests have used up.
func (r *Request) Sends(room bool) (done func()) {
	t := Self()
	if !room || t == nil || t.Unwinding() || r.out == nil {
		return atEnd(trace.OpWrite, r.out)
	}
	w := t.window(r.out.ends.in)
	t.librarys(trace.OpNone, w, 1, t.userSite(trace.OpAcquire, windowOf+r.out.ends.in.Name))
	return Until(w)
}

// Over notes that the stream is given back.
func (r *Request) Over() {
	r.has.Back()
	r.body.Back()
}

// A Service is a request in a stream to the goroutine that serves it. The zero Service stands for no request.
type Service struct {
	server  *Task       // nil before Begin
	at      *trace.Site // where it began
	out, in *Object
	unread  int  // bytes of the request that have come
	window  Kept // of the connection, while there are such
}

// Begin notes that the calling goroutine serves the request with a number, over a connection with these two directions, which are nil if
// they are not known. When the caller gives up, done is closed.
func (s *Service) Begin(out, in *Object, id uint32, done <-chan struct{}) {
	t := Self()
	if t == nil || t.Unwinding() || out == nil {
		return
	}
	s.server = t
	s.in, s.out = t.streamIn(in, out, id)
	s.in.ends.Reader = Use{t, trace.OpRead, nil, t.x.trace.n}
	s.out.ends.Writer = Use{t, trace.OpWrite, nil, t.x.trace.n}
	if o := t.Known(*(*unsafe.Pointer)(unsafe.Pointer(&done))); o != nil {
		o.answer = s.out
	}
	s.at = t.userSite(trace.OpAcquire, windowOf+in.Name)
	s.Unread(0)
}

// Unread notes that n bytes of the request have come, or that -n were read if n is below 0. Until all are read they use up a part of the
// connection's window.
func (s *Service) Unread(n int) {
	s.unread += n
	t := Self()
	switch {
	case s.unread <= 0:
		s.window.Back()
	case s.window.o == nil && t != nil && !t.Unwinding() && s.server != nil && s.server.x == t.x:
		s.window.keep(s.server, t.window(s.in.ends.in), s.at, trace.Unread)
	}
}

// Over notes that the stream is closed.
func (s *Service) Over() { s.Unread(-s.unread) }

// Receives notes that the calling goroutine waits for more of the request until it calls the function that Receives returns.
func (s *Service) Receives() (done func()) { return atEnd(trace.OpRead, s.in) }

// Sends notes that the calling goroutine waits until more of the answer can be sent, or until it calls the function that Sends returns.
func (s *Service) Sends() (done func()) { return atEnd(trace.OpWrite, s.out) }

// atEnd notes that the calling goroutine does op at a direction of a stream.
func atEnd(op trace.Op, o *Object) (done func()) {
	t := Self()
	if t == nil || t.Unwinding() || o == nil {
		return func() {}
	}
	t.Uses(op, o)
	if op == trace.OpRead {
		o.ends.Reader = Use{t, op, t.last, t.x.trace.n}
	} else {
		o.ends.Writer = Use{t, op, t.last, t.x.trace.n}
	}
	return Until(o)
}

// ends are the goroutines at the ends of a direction of a stream, as far as they are known.
type ends struct {
	Reader, Writer Use
	in             *Object // the direction of the connection
}

// window returns the object for the window of a direction of a connection, which its streams share.
func (t *Task) window(of *Object) *Object { return t.shared(unsafe.Pointer(of), windowOf+of.Name) }

const windowOf = "window of "

// streams are those of one connection, each by its number: what its request goes through, and its answer.
type streams struct {
	of *Object // the direction of requests
	by [][2]*Object
}

// streamIn returns the directions of the stream with a number in a connection with the two directions there and back.
func (t *Task) streamIn(there, back *Object, id uint32) (request, answer *Object) {
	var all *streams
	for _, s := range t.x.streams {
		if s.of == there {
			all = s
		}
	}
	if all == nil {
		all = &streams{of: there}
		t.x.streams = append(t.x.streams, all)
	}
	for len(all.by) <= int(id) {
		all.by = append(all.by, [2]*Object{})
	}
	pair := &all.by[id]
	if pair[0] == nil {
		for i, of := range []*Object{there, back} {
			e := &ends{in: of}
			o := t.Object(unsafe.Pointer(e), trace.Socket, nil)
			o.Name, o.ends = of.Name+" (stream "+strconv.Itoa(int(id))+")", e
			pair[i] = o
		}
	}
	return pair[0], pair[1]
}
