package engine

import (
	"runtime"
	"strconv"

	"github.com/jostle-dev/jostle/internal/stacks"
	"github.com/jostle-dev/jostle/internal/trace"
)

// The sync points of sockets are no operations in the source that the rewriter sees: they are calls of packages that only pass on
// what they are asked for. Their Site is where those were called.

// passOn are packages that do I/O for others: no reader wants to be told of a line in them.
var passOn = []string{"net.", "os.", "os/exec.", "internal/poll.", "bufio.", "io.", "fmt.", "crypto/tls."}

// LibSite returns the sync point at which t does op: the innermost call on its stack that is not of a package that passes on
// what others ask for.
func (t *Task) LibSite(op trace.Op) *trace.Site {
	var pcs [16]uintptr
	h := hashOf(uint64(op), pcs[:callers(pcs[:])])
	ls := &t.x.libSites
	if s := ls.get(h); s != nil {
		return s
	}
	s := newLibSite(op)
	ls.add(h, s)
	return s
}

// hashOf returns a hash of a stack, and of what it is asked for.
func hashOf(h uint64, stack []uintptr) uint64 {
	for _, pc := range stack {
		h = (h ^ uint64(pc)) * 0x9E3779B97F4A7C15
		h ^= h >> 29
	}
	return h
}

// newLibSite makes the Site of the first call on the stack that LibSite is looking for.
func newLibSite(op trace.Op) *trace.Site {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	f, more := frames.Next()
	of := f
	for ; more && passesOn(f.Function); f, more = frames.Next() {
		if !stacks.Ours(f.Function) {
			of = f
		}
	}
	if stacks.Ours(f.Function) || !more { // a goroutine of such a package
		f = of
	}
	s := siteOf(f, op)
	return &s
}

// siteOf returns the Site of op at a call.
func siteOf(f runtime.Frame, op trace.Op) trace.Site {
	first := 0
	if f.Func != nil {
		_, first = f.Func.FileLine(f.Entry)
	}
	key := trace.Key(f.Function, op, strconv.Itoa(f.Line-first)) // stable under edits elsewhere
	return trace.Site{File: f.File, Line: int32(f.Line), Func: f.Function, Op: op, Name: op.String(), Key: key}
}

func passesOn(function string) bool {
	return stacks.Of(function, "internal/network", "internal/descriptor", "internal/engine", "perturb") || stacks.Begins(function, passOn...)
}

// libSites are Sites by what LibSite has made of the stack: a hash table of its own, as a map's accesses would be seen by the
// race detector.
type libSites struct {
	slots []libSite // a power of two, at most half full
	n     int
}

type libSite struct {
	hash uint64
	site *trace.Site
}

// slot returns the index of h's slot, or of the free one where it belongs.
func (ls *libSites) slot(h uint64) int {
	mask := uint64(len(ls.slots) - 1)
	i := h >> 32 & mask
	for ls.slots[i].site != nil && ls.slots[i].hash != h {
		i = (i + 1) & mask
	}
	return int(i)
}

func (ls *libSites) get(h uint64) *trace.Site {
	if len(ls.slots) == 0 {
		return nil
	}
	return ls.slots[ls.slot(h)].site
}

func (ls *libSites) add(h uint64, s *trace.Site) {
	if 2*(ls.n+1) > len(ls.slots) {
		old := ls.slots
		ls.slots = make([]libSite, max(64, 2*len(old)))
		for _, o := range old {
			if o.site != nil {
				ls.slots[ls.slot(o.hash)] = o
			}
		}
	}
	ls.slots[ls.slot(h)] = libSite{h, s}
	ls.n++
}
