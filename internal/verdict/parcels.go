package verdict

import (
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/trace"
)

// Many a request is a struct with the channel for its answer. The goroutine that makes it sends it on a channel, and another goroutine, which
// knows it only from there, answers. All that handle requests of this kind have code that answers. But one that receives from another
// channel than the one on which the request went cannot have it.

// A route is how a goroutine knows what an operand is of.
type route struct {
	channels []uint64 // variables
	objects  []uint32 // channels: those on which it has sent, or from which it has received or waits to
	sent     bool     // it has made it itself, and sent it
}

// routeOf returns how a goroutine knows what an operand in a function is, or is a field of; nil if it may know that in other ways.
func (g *graph) routeOf(t *trace.TaskState, fn, operand string) *route {
	f := g.code.funcs[fn]
	if f == nil {
		return nil
	}
	name, field, _ := strings.Cut(operand, ".")
	if strings.ContainsAny(field, ".[(") {
		return nil // what it is a field of may be in several
	}
	var r *route
	for _, p := range f.Parcels {
		if p.Name != name || name == "" {
			continue
		}
		if r == nil {
			r = &route{sent: p.Sent}
		}
		r.channels = append(r.channels, p.Channel)
		r.objects = append(r.objects, g.channelsOf(t, p)...)
	}
	return r
}

// channelsOf returns the channels on which a goroutine has sent parcels, or from which it has received some or waits to.
func (g *graph) channelsOf(t *trace.TaskState, p program.Parcel) (out []uint32) {
	op := trace.OpRecv
	if p.Sent {
		op = trace.OpSend
	}
	for _, o := range g.byVar[p.Channel] {
		did := slices.ContainsFunc(o.Users, func(u trace.ObjectUse) bool { return u.Task == t.ID && u.Op == op })
		waits := slices.ContainsFunc(t.Waits, func(w trace.Wait) bool { return w.Object == o.ID && w.Op == op })
		if did || waits {
			out = append(out, o.ID)
		}
	}
	return out
}

// unknown reports whether a goroutine cannot know the object at a site of an operation that would end the wait: what has that object is a
// parcel, and goes through none of the channels from which that goroutine has it, or through none from which the waiter has it.
func (r *releasers) unknown(t *trace.TaskState, s *trace.Site) bool {
	if r.waiter.Site == nil {
		return false
	}
	mine := r.g.routeOf(r.waiter, r.waiter.Site.Func, r.operand)
	if mine == nil {
		return false
	}
	return slices.ContainsFunc(operands(s, r.family), func(operand string) bool {
		other := r.g.routeOf(t, s.Func, operand)
		if other == nil || mine.sent == other.sent || len(mine.objects) == 0 || len(other.objects) == 0 {
			return false
		}
		received := mine
		if mine.sent {
			received = other
		}
		return !slices.ContainsFunc(mine.objects, func(o uint32) bool { return slices.Contains(other.objects, o) }) && r.g.code.onlyMade(received.channels)
	})
}

// operands returns how the source spells what a site works on: those of its cases that work on one of some variables.
func operands(s *trace.Site, variables []uint64) (out []string) {
	if len(s.Cases) == 0 {
		return []string{s.Expr}
	}
	for _, c := range s.Cases {
		if slices.Contains(variables, c.Var) {
			out = append(out, c.Expr)
		}
	}
	return out
}

// onlyMade reports whether nothing is sent on channels that these variables may have, but what its sender has made.
func (c *Code) onlyMade(channels []uint64) bool {
	for _, v := range c.family(channels) {
		if c.forwards[v] {
			return false
		}
	}
	return true
}
