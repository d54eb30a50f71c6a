package verdict

import (
	"strings"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/waitgraph"
)

// sortOut leaves out goroutines that could do what ends the wait to another object of the same field: where a struct has a lock and a
// channel, say, a goroutine that was seen with another lock has another channel. They are left out only if some could that nothing
// speaks against.
func (r *releasers) sortOut() {
	mine := r.g.siblings(r.waiter.ID, r.waiter.Site)
	if len(mine) == 0 {
		return
	}
	var others []uint32
	left := false
	for task, rel := range r.how {
		switch {
		case rel.How != waitgraph.Could && rel.How != waitgraph.Might:
		case differ(mine, r.g.siblings(task, rel.Site)):
			others = append(others, task)
		default:
			left = true
		}
	}
	if !left {
		return
	}
	for _, task := range others {
		delete(r.how, task)
	}
}

// siblings returns the objects that a goroutine has used last as other fields of what it has at a site: by field.
func (g *graph) siblings(task uint32, at *engine.Site) map[uint64]uint32 {
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
func base(s *engine.Site) (string, bool) {
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
