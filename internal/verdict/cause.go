package verdict

import (
	"fmt"
	"hash/fnv"
	"regexp"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/trace"
)

// Said is what tells a failure of a test by its own word from others, and of one that does not end whose that is. What it says is not part of it: that is another text with
// other values, and no other failure.
type Said struct {
	Test  string      // that failed, with its package
	Calls []RaceFrame // that led to where it first said so, the innermost first; nil if that is not known
	Keys  []string    // of these, stable under edits elsewhere
	Words string      // where the calls are not known: something else that tells failures apart
}

// Cause identifies why an execution ended as it did: the same for every schedule that leads to the same cycle at the same
// sync points, to the same panic, or to the failure of a test at the same place, and stable under edits of other code.
func (v *Verdict) Cause() uint64 {
	parts := []string{v.Kind.String(), v.Rule.number()}
	switch v.Kind {
	case Deadlock, Leak, LostWakeup:
		var sites []string
		for _, g := range v.stuck() {
			site := fmt.Sprint(g.Op, g.Site.StableKey(), g.Spawned.StableKey(), g.State, lineOf.ReplaceAllString(g.Place, ""))
			if g.State != "" { // of a live run no sync point is known
				site += g.Name
			}
			if u := g.User(); u != nil { // many tests wait in one line of a library
				site += u.Func
			}
			sites = append(sites, site)
		}
		// Who comes first in a circle, and how many of one kind wait in the same place, is no other cause.
		slices.Sort(sites)
		parts = append(parts, slices.Compact(sites)...)
	case Panic:
		parts = append(parts, numbers.ReplaceAllString(v.Value, "#"))
		if calls := calledFuncs("goroutine\n" + v.Stack); len(calls) > 0 {
			parts = append(parts, calls[0])
		}
	case Assertion:
		parts = append(parts, v.Said.Test)
		if parts = append(parts, v.Said.Keys...); len(v.Said.Keys) == 0 {
			parts = append(parts, numbers.ReplaceAllString(v.Said.Words, "#")) // rows of a table often have nothing but a number
		}
	case Race:
		if len(v.Races) > 0 {
			parts = append(parts, v.Races[0].funcs()...)
		}
	case Livelock, Stall:
		_, runs, _ := strings.Cut(v.Who, " ") // its number is another under another schedule
		parts = append(parts, v.Said.Test, runs)
	}
	h := fnv.New64a()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return h.Sum64()
}

// Root identifies what is to be changed, where goroutines are stuck: findings of one root may differ in who is left waiting for it, and where,
// and so in their causes. It is where the goroutine stands that keeps what others need while it waits itself, and where it has taken that; where
// a goroutine waits that no other can help, and what has started it; or else all of the explanation. Other verdicts have their cause.
func (v *Verdict) Root() uint64 {
	if !v.Hang() || v.Live() {
		return v.Cause()
	}
	var at []string
	add := func(parts ...any) { at = append(at, fmt.Sprintln(parts...)) }
	core, keep := v.core()
	what := fmt.Sprint(v.Rule)
	if keep {
		what = "kept" // whatever rule that breaks: it depends on who wants it
	}
	for _, g := range core {
		fn, starts := "", ""
		if s := g.Spawned; s != nil {
			fn, starts = s.Func, s.Starts
		}
		user := ""
		if u := g.User(); u != nil {
			user = u.Func
		}
		if !keep {
			add(g.Op, g.Site.StableKey(), user, fn, starts)
			continue
		}
		add(g.Op, g.Site.StableKey(), user)
		for _, h := range g.Holds {
			add("holds", h.Site.StableKey())
		}
	}
	if v.Lost != nil {
		add(v.Lost.Op, v.Lost.Site.StableKey())
	}
	slices.Sort(at)
	h := fnv.New64a()
	fmt.Fprintln(h, "root", what, slices.Compact(at))
	return h.Sum64()
}

// core returns the goroutines of an explanation that Root is about, and whether it is about what they keep while they wait.
func (v *Verdict) core() (core []Goroutine, keep bool) {
	core = v.stuck()
	if n := len(v.Knot); n > 0 && !v.Cycle {
		core = core[n-1:]
	}
	among := core
	if v.Rule == ReleaseFirst {
		among = v.Knot
	}
	keeps := func(g Goroutine) bool {
		return !blocksOnLock(g.Op) && slices.ContainsFunc(g.Holds, func(h Holding) bool { return !h.Owed || v.Rule == ReleaseFirst })
	}
	if v.Rule != ReleaseFirst && v.Cycle || !slices.ContainsFunc(among, keeps) {
		return core, false
	}
	return slices.DeleteFunc(slices.Clone(among), func(g Goroutine) bool { return !keeps(g) }), true
}

// Hang reports whether goroutines are stuck, of which the cause says where.
func (v *Verdict) Hang() bool { return v.Kind == Deadlock || v.Kind == Leak || v.Kind == LostWakeup }

// Standing identifies how an execution stood that had not ended: the verdict, and where its goroutines were. It is the same for all
// executions of a program in which goroutines that do the same have come to the same places.
func (v *Verdict) Standing() uint64 {
	var places []string
	for i := range v.Tasks {
		if t := &v.Tasks[i]; t.State == trace.Blocked {
			places = append(places, fmt.Sprint(t.Op, t.Site.StableKey(), t.Spawned.StableKey()))
		}
	}
	slices.Sort(places)
	h := fnv.New64a()
	fmt.Fprint(h, v.Cause(), v.Undecided, slices.Compact(places))
	return h.Sum64()
}

// stuck returns the goroutines that explain a hang.
func (v *Verdict) stuck() []Goroutine {
	if len(v.Knot) == 0 {
		return v.Others
	}
	return v.Knot
}

// Trace returns the verdict as the runtime would print a panic: a line that has the cause in it, and the calls that it comes
// from, the same ones in the same order for the same cause. That is what programs that group crashes by their stacks read.
func (v *Verdict) Trace() string {
	what := fmt.Sprintf("jostle: %s", v.Kind)
	if v.Rule != 0 {
		what += fmt.Sprintf(", rule %s", v.Rule.number())
	}
	if v.Kind == Panic { // the kinds of the runtime's panics are known to such programs
		what, _, _ = strings.Cut(numbers.ReplaceAllString(v.Value, "#"), "\n")
	}
	var calls []string
	call := func(fn, place string) { // the programs do not know type parameters
		calls = append(calls, strings.ReplaceAll(fn, "[...]", "")+"(...)\n\t"+place)
	}
	switch v.Kind {
	case Deadlock, Leak, LostWakeup:
		for _, g := range v.stuck() {
			if g.Site != nil {
				call(g.Site.Func, fmt.Sprintf("%s:%d", g.Site.File, g.Site.Line))
			}
		}
	case Race:
		for _, r := range v.Races[:min(1, len(v.Races))] {
			for _, a := range r.Accesses {
				call(a.where().Func, a.where().Place)
			}
		}
	}
	slices.Sort(calls)
	calls = slices.Compact(calls)
	for _, c := range v.Said.Calls {
		call(c.Func, c.Place)
	}
	if v.Stack != "" {
		calls = append(calls, strings.TrimSpace(v.Stack))
	}
	// In letters: to numbers the programs pay no attention.
	cause := strings.Map(func(digit rune) rune { return 'a' + rune(strings.IndexRune("0123456789abcdef", digit)) },
		fmt.Sprintf("%08x", uint32(v.Cause()>>32)))
	return fmt.Sprintf("panic: %s [cause %s]\n\ngoroutine 1 [running]:%s", what, cause, strings.Join(append([]string{""}, calls...), "\n"))
}

// numbers are what tells one occurrence of a message from another: addresses, counters, durations.
var numbers = regexp.MustCompile(`0x[0-9a-fA-F]+|[0-9]+`)

// lineOf is the end of a position that edits change.
var lineOf = regexp.MustCompile(`:\d+$`)

func (r Rule) number() string { return fmt.Sprint(int(r)) }
