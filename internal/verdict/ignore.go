package verdict

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/goroutines"
	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/waitgraph"
)

// Ignore takes from a verdict what the code says is no finding, and returns which of these sayings were to the point. A
// hang with one of them in its knot is none: v is a Pass then. A leak is none if all who are left are spoken of, or wait for
// one who is; else it is one of the others.
func (v *Verdict) Ignore(all []program.Ignore) (by []program.Ignore) {
	all = slices.DeleteFunc(slices.Clone(all), func(i program.Ignore) bool { return !v.isCalled(i.What) })
	if len(all) == 0 {
		return nil
	}
	stacks := map[uint32]string{}
	for _, t := range v.Tasks {
		stacks[t.ID] = t.Stack
	}
	covered := map[uint32]bool{}
	see := func(gs []Goroutine) (some bool) {
		for _, g := range gs {
			for _, i := range all {
				if !g.isSpokenOf(i, stacks[g.ID]) {
					continue
				}
				covered[g.ID], some = true, true
				if !slices.Contains(by, i) {
					by = append(by, i)
				}
			}
		}
		return some
	}
	knot := see(v.Knot)
	if v.Kind != Leak {
		if knot || len(v.Knot) == 0 && see(v.Others) {
			v.Kind, v.Rule, v.Evidence = Pass, 0, ignoredBy(by)
			v.noKnot()
		}
		return by
	}
	if knot {
		for _, g := range v.Knot {
			covered[g.ID] = true
		}
	}
	see(v.Others)
	for more := true; more; {
		more = false
		for _, g := range v.Others {
			if !covered[g.ID] && g.waitsOnlyFor(covered) {
				covered[g.ID], more = true, true
			}
		}
	}
	v.spare(func(id uint32) bool { return covered[id] }, ignoredBy(by))
	return by
}

// isCalled reports whether what, a word or a number, names the verdict or its rule.
func (v *Verdict) isCalled(what string) bool {
	switch v.Kind {
	case Deadlock, Leak, LostWakeup:
		return what == v.Kind.Word() || what == v.Rule.number()
	}
	return false
}

func ignoredBy(by []program.Ignore) string {
	if len(by) == 0 {
		return ""
	}
	return "it would be a finding, but for " + by[0].String()
}

// isSpokenOf reports whether i is about a goroutine: about the place where it blocks or was started, or about a function that
// it runs or that has started it.
func (g Goroutine) isSpokenOf(i program.Ignore, stack string) bool {
	at := func(s *trace.Site) bool {
		return s != nil && (i.At != 0 && s.File == i.File && s.Line == i.At || names(i, s.Func))
	}
	if at(g.Site) || at(g.Spawned) {
		return true
	}
	if g.Stack != "" {
		stack = "goroutine\n" + g.Stack // which is clean
	}
	here := fmt.Sprintf("%s:%d", i.File, i.At)
	for _, f := range (Live{Stack: cleanStack(stack)}).frames() {
		if names(i, f.fn) {
			return true
		}
		if i.At != 0 && f.file == here {
			return true
		}
	}
	return false
}

// waitsOnlyFor reports whether only goroutines of a set could end what g waits for.
func (g Goroutine) waitsOnlyFor(set map[uint32]bool) bool {
	some := false
	for _, w := range g.Waits {
		for _, r := range w.By {
			if r.Ended {
				continue
			}
			if !set[r.Task] {
				return false
			}
			some = some || r.How.Strength() <= waitgraph.Likely // on this very object: who only could do it is no reason to look away
		}
	}
	return some
}

// StartedBy returns the function whose go statement has started a goroutine, or of a live run the one that it runs, under the name by
// which it can be ignored, and its file; "" if that is not known.
func (g Goroutine) StartedBy() (fn, file string) {
	if g.Spawned != nil {
		return declared(g.Spawned.Func), g.Spawned.File
	}
	for _, f := range (Live{Stack: g.Stack}).frames() {
		if !f.created {
			file, _ = position(f.file)
			fn = declared(f.fn)
		}
	}
	return fn, file
}

// names reports whether i is about a function, as the runtime names it, or about one that it is a literal in.
func names(i program.Ignore, fn string) bool {
	if i.Func == "" {
		return false
	}
	is := func(name string) bool {
		rest, ok := strings.CutPrefix(name, goroutines.Imported(i.Func))
		return ok && literal.FindString(rest) == rest
	}
	_, bare := splitFunc(fn)
	return is(goroutines.Imported(fn)) || i.Short && (is(goroutines.InPackage(fn)) || is(bare))
}

// declared returns the declared function that a function, as the runtime names it, is or is a literal in.
func declared(fn string) string { return literal.ReplaceAllString(goroutines.Imported(fn), "") }

var literal = regexp.MustCompile(`(\.func\d+|\.gowrap\d+|\.\d+|-range\d+)+$`)
