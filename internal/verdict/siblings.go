package verdict

import (
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/waitgraph"
)

// sortOut leaves out goroutines that could do what ends the wait to another object of the same field: where a struct has a lock and a
// channel, say, a goroutine that was seen with another lock has another channel, and one that was seen with another channel has that. They
// are left out only if some could that nothing speaks against.
func (r *releasers) sortOut() {
	mine := r.g.siblings(r.waiter.ID, r.waiter.Site)
	var beside, another []uint32 // those that have another object beside it, and in its place
	best, left := waitgraph.Spent, false
	for task, rel := range r.how {
		switch {
		case rel.How != waitgraph.Could && rel.How != waitgraph.Might:
		case differ(mine, r.g.siblings(task, rel.Site)):
			beside = append(beside, task)
		case r.hasAnother(task):
			another = append(another, task)
		default:
			best, left = min(best, rel.How), true
		}
	}
	for _, task := range beside {
		if left {
			delete(r.how, task)
		}
	}
	for _, task := range another {
		if r.how[task].How >= best { // who is to do it now may be about to do it to a second one
			delete(r.how, task)
		}
	}
}

// hasAnother reports whether a goroutine has an object of its own where the one that is waited for is another's: it was seen with one
// that is known by the same variable, with no other one, and was not given another since, as far as can be seen. It was not, if it has received
// nothing since, or was seen with the same one again after it had.
func (r *releasers) hasAnother(task uint32) bool {
	var own uint32
	received, again, many := false, false, false
	see := func(object uint32) {
		if !r.alike(object) {
			return
		}
		many = many || object == r.object.ID || own != 0 && own != object
		again = again || own != 0 && received
		own, received = object, false
	}
	for _, s := range r.g.snap.Steps {
		if s.Task != task {
			continue
		}
		see(s.Object)
		received = received || s.Op == trace.OpRecv
	}
	for _, w := range r.g.tasks[task].Waits {
		see(w.Object)
	}
	return own != 0 && !many && (again || !received)
}

// alike reports whether an object is known by a variable by which the one that is waited for is known.
func (r *releasers) alike(object uint32) bool {
	return object != 0 && slices.ContainsFunc(r.object.Vars[:], func(v uint64) bool {
		return v != 0 && slices.Contains(r.g.objects[object].Vars[:], v)
	})
}

// siblings returns the objects that a goroutine has used last as other fields of what it has at a site: by field.
func (g *graph) siblings(task uint32, at *trace.Site) map[uint64]uint32 {
	of, ok := base(at)
	if !ok {
		return nil
	}
	out := map[uint64]uint32{}
	for _, s := range g.snap.Steps {
		if s.Task != task || s.Object == 0 || s.Site == nil || s.Site.Var == 0 || s.Site.Var == at.Var || !nested(s.Site.Func, at.Func) {
			continue
		}
		if b, ok := base(s.Site); ok && b == of && (s.Site.Func != at.Func || s.Site.Line < at.Line) { // in a loop, what comes after it was the one before
			out[s.Site.Var] = s.Object
		}
	}
	return out
}

// differ reports whether a field is another object here and there.
func differ(a, b map[uint64]uint32) bool {
	for field, object := range a {
		if other, ok := b[field]; ok && other != object {
			return true
		}
	}
	return false
}

// base returns what stands before the field that a site operates on.
func base(s *trace.Site) (string, bool) {
	if s == nil || s.Var == 0 {
		return "", false
	}
	i := strings.LastIndexByte(s.Expr, '.')
	if i < 0 {
		return "", false
	}
	return s.Expr[:i], true
}

// nested reports whether one of two functions is the other, or a literal in it: a variable of one is known in the other.
func nested(a, b string) bool {
	return a == b || strings.HasPrefix(a, b+".") || strings.HasPrefix(b, a+".")
}
