package network

import (
	"unsafe"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/trace"
)

// capacity is how many bytes stand in one direction of a connection before the writer waits.
const capacity = 64 << 10

// A flow is one direction of a connection. To the engine it is an object: readers wait for writers there, and writers for readers.
type flow struct {
	buf   []byte // a ring
	first int    // of the bytes in it
	n     int    // how many they are
	o     *engine.Object
	edge  uint64 // address for the race detector: what was done before a write comes before what is done after the read
}

// newFlows returns the two directions between from and to, which t connects at s.
func newFlows(t *engine.Task, from, to string, s *trace.Site) (there, back *flow) {
	there, back = &flow{}, &flow{}
	there.o = t.Object(unsafe.Pointer(there), trace.Socket, s)
	back.o = t.Object(unsafe.Pointer(back), trace.Socket, s)
	there.o.Name, back.o.Name = from+" → "+to, to+" → "+from
	there.o.Back, back.o.Back = back.o, there.o
	return there, back
}

// put appends as much of p as there is room for, and returns how much that is.
func (f *flow) put(p []byte) int {
	p = p[:min(len(p), capacity-f.n)]
	if f.n+len(p) > len(f.buf) {
		f.grow(f.n + len(p))
	}
	end := (f.first + f.n) % max(len(f.buf), 1)
	k := copy(f.buf[end:], p)
	copy(f.buf, p[k:])
	f.n += len(p)
	return len(p)
}

// grow makes room for n bytes in all.
func (f *flow) grow(n int) {
	buf := make([]byte, min(max(n, 2*len(f.buf), 512), capacity))
	have := f.n
	f.take(buf)
	f.buf, f.first, f.n = buf, 0, have
}

// take moves bytes into p, as many as there are, and returns how many these were.
func (f *flow) take(p []byte) int {
	p = p[:min(len(p), f.n)]
	k := copy(p, f.buf[f.first:])
	copy(p[k:], f.buf)
	f.n -= len(p)
	if f.first += len(p); f.first >= len(f.buf) {
		f.first -= len(f.buf)
	}
	return len(p)
}

// drop forgets the bytes that are left.
func (f *flow) drop() { f.buf, f.first, f.n = nil, 0, 0 }
