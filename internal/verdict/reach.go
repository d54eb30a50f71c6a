package verdict

import (
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/trace"
)

// A reach is what a goroutine can still come to, from where it stands.
type reach struct {
	code  *Code
	at    *trace.Site        // where it is blocked
	lines map[string][]int32 // by function on its stack: where it is in it
	runs  map[string]bool    // functions that it is still to run for sure before those on its stack end
	calls map[string]bool    // functions that it may still call
	depth map[string]int     // by function on its stack: the outermost frame of it, 0 is where the goroutine stands
	round int                // the outermost frame that is in a loop; -1 if there is none
}

// reachOf returns what a goroutine can still come to. Literals that others are known to have begun with it starts, and does not run.
func (c *Code) reachOf(t *trace.TaskState, started map[string]bool) *reach {
	r := &reach{code: c, at: t.Site, lines: map[string][]int32{}, runs: map[string]bool{}, calls: map[string]bool{}, depth: map[string]int{}, round: -1}
	inner, frame := "", 0 // the function that is called there
	for name, line := range c.lines(t) {
		at := int32(line)
		r.lines[name], r.depth[name] = append(r.lines[name], at), frame
		if f := c.funcs[name]; f != nil {
			if f.InLoop(at) {
				r.round = frame
			}
			r.adds(f, started, func(called string, until int32) bool { return at < until || at == until && called != inner })
		}
		inner = name
		frame++
	}
	return r
}

// again reports whether the goroutine may come once more to s by a call that is not known here: it goes round in a loop around the one
// in which it was there. What a function that it is in calls in a loop of its own does not bring it back to the beginning of that.
func (r *reach) again(s *trace.Site) bool {
	frame, in := r.depth[s.Func]
	return r.round >= 0 && (!in || r.round > frame)
}

// adds adds what f runs and calls, and what these do, as far as it is still to come.
func (r *reach) adds(f *program.Function, started map[string]bool, ahead func(called string, until int32) bool) {
	for i, name := range f.Runs {
		if ahead(name, f.RunsUntil[i]) && !r.runs[name] {
			r.runs[name] = true
			r.all(name, started)
		}
	}
	for i, name := range f.Calls {
		if ahead(name, f.Until[i]) && !r.calls[name] && !started[name] {
			r.calls[name] = true
			r.all(name, started)
		}
	}
}

func (r *reach) all(name string, started map[string]bool) {
	if f := r.code.funcs[name]; f != nil {
		r.adds(f, started, func(string, int32) bool { return true })
	}
}

// in reports whether the goroutine is in a function, or runs it before those on its stack end. A nil reach is that of a goroutine that has
// ended.
func (r *reach) in(fn string) bool { return r != nil && (r.lines[fn] != nil || r.runs[fn]) }

// does reports whether the goroutine is in code that comes to s, or runs it before that ends.
func (r *reach) does(s *trace.Site) bool {
	if r.runs[s.Func] {
		return true
	}
	f := r.code.funcs[s.Func]
	for _, at := range r.lines[s.Func] {
		switch {
		case f == nil:
			return true
		case s == r.at && f.Last(s.Line) == s.Line: // it is what it is blocked in, and comes to it no more
		case at <= f.Last(s.Line):
			return true
		}
	}
	return false
}

// makes reports whether s is in a function literal to which the goroutine comes only afterwards: to hand it to another one, say.
func (r *reach) makes(s *trace.Site) bool {
	lit := r.code.funcs[s.Func]
	for name, lines := range r.lines {
		f := r.code.funcs[name]
		if lit == nil || f == nil || !strings.HasPrefix(s.Func, name+".") {
			continue
		}
		if slices.ContainsFunc(lines, func(at int32) bool { return at < lit.From && at <= f.Last(lit.From) }) {
			return true
		}
	}
	return false
}

// may reports whether the goroutine may come to s by a call.
func (r *reach) may(s *trace.Site) bool { return r.calls[s.Func] }
