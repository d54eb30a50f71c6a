package verdict

import "github.com/jostle-dev/jostle/internal/engine"

// A reach is what a goroutine can still come to, from where it stands.
type reach struct {
	code  *Code
	at    *engine.Site       // where it is blocked
	lines map[string][]int32 // by function on its stack: where it is in it
	runs  map[string]bool    // functions that it is still to run for sure before those on its stack end
	calls map[string]bool    // functions that it may still call
	loops bool               // it is in a loop, and may come again to what it has called that is not known here
}

// reachOf returns what a goroutine can still come to. Literals that others are known to have begun with it starts, and does not run.
func (c *Code) reachOf(t *engine.TaskState, started map[string]bool) *reach {
	r := &reach{code: c, at: t.Site, lines: map[string][]int32{}, runs: map[string]bool{}, calls: map[string]bool{}}
	inner := "" // the function that is called there
	for name, line := range c.lines(t) {
		at := int32(line)
		r.lines[name] = append(r.lines[name], at)
		if f := c.funcs[name]; f != nil {
			r.loops = r.loops || f.InLoop(at)
			r.adds(f, started, func(called string, until int32) bool { return at < until || at == until && called != inner })
		}
		inner = name
	}
	return r
}

// adds adds what f runs and calls, and what these do, as far as it is still to come.
func (r *reach) adds(f *engine.Function, started map[string]bool, ahead func(called string, until int32) bool) {
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

// does reports whether the goroutine is in code that comes to s, or runs it before that ends.
func (r *reach) does(s *engine.Site) bool {
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

// may reports whether the goroutine may come to s by a call.
func (r *reach) may(s *engine.Site) bool { return r.calls[s.Func] }
