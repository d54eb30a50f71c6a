package verdict

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/trace"
)

// StuckAsWell is the line of Facts behind which those are who are stuck and not in the knot.
const StuckAsWell = "stuck as well:"

// Facts returns what v says, in few words that stay the same when lines move: who holds, waits for and needs what, each
// place as a function. Two findings of the same facts have the same explanation.
func (v *Verdict) Facts() string {
	f := facts{v: v, times: map[string]int{}, names: map[uint32]string{}}
	f.line("%s", v.headline())
	for _, g := range v.Knot {
		f.name(g.ID) // in their order
	}
	for i, g := range v.Knot {
		f.goroutine(g, f.next(i))
	}
	if v.Lost != nil {
		f.line("lost: %s by %s in %s", v.Lost.Op, f.name(v.Lost.Task), place(v.Lost.Site))
	}
	if len(v.Others) > 0 {
		f.line(StuckAsWell)
		f.others()
	}
	return f.b.String()
}

// others lists those that are not of the knot; of some that do the same it gives the number.
func (f *facts) others() {
	var lines []string
	times := map[string]int{}
	for _, g := range f.v.Others {
		_, name, _ := strings.Cut(f.v.NameOf(g.ID), " ")
		l := fmt.Sprintf("%s: %s in %s", name, f.doing(g), place(g.Site))
		if times[l]++; times[l] == 1 {
			lines = append(lines, l)
		}
	}
	for _, l := range lines {
		if n := times[l]; n > 1 {
			l = fmt.Sprintf("%d times %s", n, l)
		}
		f.line("  %s", l)
	}
}

func (v *Verdict) headline() string {
	head := v.Kind.String()
	if v.Rule != 0 {
		head += fmt.Sprintf(", rule %d", v.Rule)
	}
	switch {
	case v.Cycle:
		head += fmt.Sprintf(", a circle of %d", len(v.Knot))
	case v.Idle:
		head += ", nobody has closed it"
	case len(v.Knot) > 0:
		head += ", nobody is left"
	}
	return head
}

type facts struct {
	b     strings.Builder
	v     *Verdict
	times map[string]int    // how many goroutines have a name so far
	names map[uint32]string // without numbers, which depend on the schedule
}

func (f *facts) line(format string, args ...any) {
	f.b.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " "))
	f.b.WriteByte('\n')
}

func (f *facts) name(task uint32) string {
	if n, ok := f.names[task]; ok {
		return n
	}
	_, n, _ := strings.Cut(f.v.NameOf(task), " ")
	f.times[n]++
	if k := f.times[n]; k > 1 {
		n = fmt.Sprintf("%s (%d)", n, k)
	}
	f.names[task] = n
	return n
}

// next returns for whom the i-th of the knot waits; 0 if for nobody.
func (f *facts) next(i int) uint32 {
	switch {
	case i+1 < len(f.v.Knot):
		return f.v.Knot[i+1].ID
	case f.v.Cycle:
		return f.v.Knot[0].ID
	}
	return 0
}

func (f *facts) goroutine(g Goroutine, next uint32) {
	f.line("%s", f.name(g.ID))
	for _, h := range g.Holds {
		switch {
		case h.Owed:
			f.line("  owes what ends the wait for %s, in %s", h.Object.Name, place(h.Site))
		case h.Read:
			f.line("  holds %s for reading, since %s", h.Object.Name, place(h.Site))
		default:
			f.line("  holds %s%s, since %s", trace.Amount(max(h.N, 1)), h.Object.Name, place(h.Site))
		}
	}
	f.line("  waits: %s in %s", f.doing(g), place(g.Site))
	if u := g.User(); u != nil {
		_, fn := splitFunc(u.Func)
		f.line("  called in %s", fn)
	}
	needs := false
	for _, w := range g.Waits {
		for _, r := range w.By {
			if next != 0 && r.Task != next {
				continue
			}
			needs = true
			f.line("  needs %s, which %s%s", f.name(r.Task), strings.TrimSuffix(r.How.Row().Fact+" "+r.Op.String(), ", start"), f.ended(r))
		}
	}
	if !needs {
		f.line("  needs somebody who was not seen%s", f.code(g))
	}
}

func (f *facts) ended(r Releaser) string {
	if !r.Ended {
		return ""
	}
	return ", and has ended after " + place(r.Last)
}

// code says which functions would end a wait that nobody else does.
func (f *facts) code(g Goroutine) string {
	var fns []string
	for _, w := range g.Waits {
		for _, s := range w.Code {
			if fn := place(s); !slices.Contains(fns, fn) {
				fns = append(fns, fn)
			}
		}
	}
	if len(fns) == 0 {
		return ""
	}
	return ", in " + strings.Join(fns, ", ")
}

func (f *facts) doing(g Goroutine) string {
	if len(g.Waits) == 0 {
		return g.Op.String()
	}
	var ways []string
	for _, w := range g.Waits {
		ways = append(ways, w.Op.String()+" "+trace.Amount(max(w.N, 1))+w.Object.Name)
	}
	return strings.Join(ways, " | ")
}

// place returns the function of a site.
func place(s *trace.Site) string {
	if s == nil {
		return "-"
	}
	_, fn := splitFunc(s.Func)
	return fn
}
