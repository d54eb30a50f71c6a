// Package report renders a verdict for people. It sees the verdict and knows nothing of how it was found.
package report

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// Options are what a report needs beside the verdict.
type Options struct {
	Dir    string // files below it are shown relative to it; "" shows all as they are
	Replay string // the command that replays the finding; "" if there is none
	Full   bool   // every step that is left of the trace, not only those that matter
}

// Text writes v as a colleague would tell it: what happened, who waits for whom, how it came to that, what to change,
// how to see it again. A verdict that is no finding is one line.
func Text(w io.Writer, v *verdict.Verdict, o Options) error {
	t := &text{v: v, o: o, unclear: unclear(v)}
	t.headline()
	if v.Found() {
		t.knot()
		t.races()
		t.stack()
		if v.Kind == verdict.Livelock {
			t.rounds()
		} else {
			t.interleaving()
		}
		t.advice()
		if o.Replay != "" {
			t.section("replay")
			t.line("  %s", o.Replay)
		}
	}
	_, err := io.WriteString(w, t.b.String())
	return err
}

type text struct {
	b       strings.Builder
	v       *verdict.Verdict
	o       Options
	unclear map[uint32]bool // objects that need their number beside the name
}

func (t *text) line(format string, args ...any) {
	t.b.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " "))
	t.b.WriteByte('\n')
}

func (t *text) section(name string) {
	t.b.WriteByte('\n')
	t.line("%s", name)
}

func (t *text) at(s *engine.Site) string {
	if s == nil {
		return "-"
	}
	return fmt.Sprintf("%s:%d", t.file(s.File), s.Line)
}

// place is at for a position that is known as the runtime prints it.
func (t *text) place(p string) string {
	i := strings.LastIndexByte(p, ':')
	if i < 0 {
		return p
	}
	return t.file(p[:i]) + p[i:]
}

func (t *text) file(name string) string {
	if t.o.Dir == "" {
		return name
	}
	if _, inCache, ok := strings.Cut(filepath.ToSlash(name), "/pkg/mod/"); ok {
		return inCache // module@version/file says more than where the cache is
	}
	rel, err := filepath.Rel(t.o.Dir, name)
	if err != nil || strings.HasPrefix(rel, filepath.Join("..", "..", "..")) {
		return name
	}
	return rel
}

func (t *text) headline() {
	v := t.v
	head := v.Kind.String() + ": " + t.what()
	if r := ruleText[v.Rule]; r != "" {
		head += fmt.Sprintf(" (rule %d: %s)", v.Rule, r)
	}
	t.line("%s", head)
	if v.Live() {
		t.line("  %s", v.Evidence)
		return
	}
	t.line("  %s; %s, %s, %v of virtual time", v.Evidence, plural(v.Total, "step"), plural(v.Preemptions, "preemption"), rounded(v.Elapsed))
	if v.Abandoned > 0 {
		verb := "block"
		if v.Abandoned == 1 {
			verb = "blocks"
		}
		t.line("  %s could not be ended and still %s in the process", plural(v.Abandoned, "goroutine"), verb)
	}
}

var ruleText = map[verdict.Rule]string{
	verdict.ReleaseFirst: "release resources before blocking",
	verdict.OneOrder:     "keep one order of acquisition",
	verdict.Propagate:    "propagate wake-ups and blocking state",
	verdict.Cancel:       "what was started must end when its owner goes",
}

// what says in half a sentence what happened.
func (t *text) what() string {
	v := t.v
	switch v.Kind {
	case verdict.Panic:
		return v.Who + " panicked: " + v.Value
	case verdict.Assertion:
		return "the test fails under this schedule"
	case verdict.Race:
		return t.accesses()
	case verdict.Livelock:
		return "the execution does not come to an end"
	case verdict.Stall:
		return v.Who + " blocks or is busy where the schedule cannot reach it"
	case verdict.Pass:
		return "nothing found"
	}
	stuck := len(v.Knot) + len(v.Others)
	switch {
	case v.Cycle && len(v.Knot) == 1:
		return t.name(v.Knot[0].ID) + " waits for itself"
	case v.Cycle:
		return fmt.Sprintf("%d goroutines wait for each other in a circle", len(v.Knot))
	case v.Lost != nil:
		return t.name(v.Knot[len(v.Knot)-1].ID) + " waits for a wake-up that came before it waited"
	case v.Kind == verdict.Leak:
		return plural(stuck, "goroutine") + " can never end, and the body has returned"
	case len(v.Knot) > 0:
		return t.name(v.Knot[len(v.Knot)-1].ID) + " waits for what nobody is left to do"
	default:
		return plural(stuck, "goroutine") + " can never go on"
	}
}

func (t *text) name(task uint32) string { return t.v.NameOf(task) }

func (t *text) knot() {
	for i, g := range t.v.Knot {
		t.b.WriteByte('\n')
		next, _ := t.next(i)
		t.goroutine(g, next)
	}
	switch {
	case len(t.v.Others) == 0:
		return
	case len(t.v.Knot) == 0:
		t.section("stuck meanwhile")
	default:
		t.section("stuck as well")
	}
	const most = 12
	width := 28
	for _, g := range t.v.Others[:min(most, len(t.v.Others))] {
		width = max(width, len(t.name(g.ID)))
	}
	for i, g := range t.v.Others {
		if i == most {
			t.line("  and %d more", len(t.v.Others)-most)
			break
		}
		at := t.at(g.Site)
		if g.Place != "" {
			at = t.place(g.Place)
		}
		t.line("  %-*s %-40s %s", width, t.name(g.ID), t.doing(g), at)
		t.outside(g)
	}
}

// goroutine shows one of the knot, which waits for next; 0 if for nobody.
func (t *text) goroutine(g verdict.Goroutine, next uint32) {
	started := "the body of the test"
	if g.Spawned != nil {
		started = fmt.Sprintf("started by %s at %s", t.name(g.Parent), t.at(g.Spawned))
		if g.Parent == 0 {
			started = "called back, registered at " + t.at(g.Spawned)
		}
	}
	t.line("  %s   %s", t.name(g.ID), started)
	for _, h := range g.Holds {
		switch {
		case h.Owed:
			t.line("    owes    %-36s as it last gave back at %s", "what ends the wait for "+t.object(h.Object), t.at(h.Site))
		case h.Read:
			t.line("    holds   %-36s since %s", t.object(h.Object)+" for reading", t.at(h.Site))
		default:
			t.line("    holds   %-36s since %s", engine.Amount(max(h.N, 1))+t.object(h.Object), t.at(h.Site))
		}
	}
	if g.Stack != "" {
		t.line("    waits   %s", t.doing(g))
		t.outside(g)
		return
	}
	t.line("    waits   %-36s at %s", t.doing(g), t.at(g.Site))
	t.needs(g, next)
}

// needs shows who could end a wait: the one that the knot goes on with, or all that could have.
func (t *text) needs(g verdict.Goroutine, next uint32) {
	nobody := true
	for _, w := range g.Waits {
		for _, r := range w.By {
			if next != 0 && r.Task != next {
				continue
			}
			nobody = false
			end := ""
			switch {
			case r.Ended && r.Last != r.Site && r.Last != nil:
				end = ", and has ended behind " + t.at(r.Last)
			case r.Ended:
				end = ", and has ended"
			}
			t.line("    needs   %s, which %s%s", t.name(r.Task), t.because(r, w), end)
		}
	}
	if nobody && len(g.Waits) > 0 {
		t.line("    needs   somebody to %s: nobody was seen that could", t.partner(g.Waits[0]))
		for _, s := range g.Waits[0].Code {
			t.line("            as %s would, at %s", s.Func[strings.LastIndexByte(s.Func, '/')+1:], t.at(s))
		}
	}
}

func (t *text) because(r verdict.Releaser, w verdict.Waiting) string {
	switch r.How {
	case verdict.Holds:
		return "holds it since " + t.at(r.Site)
	case verdict.Queued:
		return "waits to write at " + t.at(r.Site) + " and keeps new readers out"
	case verdict.Owes:
		if w.Op == engine.OpAcquire {
			return fmt.Sprintf("holds %s%s since %s", engine.Amount(r.N), t.object(w.Object), t.at(r.Site))
		}
		return fmt.Sprintf("has yet to %s, as it last did in %s", t.partner(w), t.at(r.Site))
	case verdict.Used:
		return fmt.Sprintf("did %s, last at %s", t.deed(r, w), t.at(r.Site))
	case verdict.Might:
		return fmt.Sprintf("may come to %s, see %s", t.deed(r, w), t.at(r.Site))
	case verdict.Made:
		return "can cancel the context made at " + t.at(r.Site)
	case verdict.Given:
		return "was given " + t.object(w.Object)
	case verdict.Spent:
		return "has set or stopped the timer at " + t.at(r.Site) + ", and it fires no more"
	}
	if r.Site == nil {
		return "does the same work as who could " + t.partner(w)
	}
	return fmt.Sprintf("could %s, see %s", t.deed(r, w), t.at(r.Site))
}

// deed says what a goroutine did, or could do, to end a wait.
func (t *text) deed(r verdict.Releaser, w verdict.Waiting) string {
	switch r.Op {
	case engine.OpSend:
		return "send on " + t.object(w.Object)
	case engine.OpClose:
		return "close " + t.object(w.Object)
	}
	return t.partner(w)
}

// partner says what would end a wait.
func (t *text) partner(w verdict.Waiting) string {
	switch w.Op {
	case engine.OpSend:
		return "receive from " + t.object(w.Object)
	case engine.OpRecv:
		return "send on " + t.object(w.Object) + " or close it"
	case engine.OpCondWait:
		return "signal " + t.object(w.Object)
	case engine.OpWait:
		return "do " + t.object(w.Object) + ".Done"
	case engine.OpAcquire:
		return "give back some of " + t.object(w.Object)
	}
	return "end it"
}

// doing says what a goroutine is blocked in.
func (t *text) doing(g verdict.Goroutine) string {
	switch {
	case g.State != "":
		return g.State
	case g.Stack != "":
		return "in code that jostle does not control"
	case len(g.Waits) == 0 && g.Op == engine.OpSelect:
		return "select without a case that can go on"
	case len(g.Waits) == 0 && g.Op == engine.OpSleep:
		return "sleep for ever"
	case len(g.Waits) == 0 && g.Op == engine.OpWait:
		return "wait for the others to rest or to end"
	case len(g.Waits) == 0:
		return g.Op.String() + " on a nil channel"
	case len(g.Waits) == 1 || g.Op != engine.OpSelect && g.Op != engine.OpAcquire:
		return t.way(g.Waits[0])
	}
	var cases []string
	for _, w := range g.Waits {
		cases = append(cases, t.way(w))
	}
	if g.Op == engine.OpAcquire {
		return strings.Join(cases, " | ")
	}
	return "select: " + strings.Join(cases, " | ")
}

func (t *text) way(w verdict.Waiting) string {
	return w.Op.String() + " " + engine.Amount(max(w.N, 1)) + t.object(w.Object)
}

// object returns what the code calls o, and its number too where that is not clear.
func (t *text) object(o verdict.Object) string {
	if o.Name == "" {
		return fmt.Sprintf("%s #%d", o.Kind, o.ID)
	}
	return t.numbered(o.Name, o.ID)
}

func (t *text) numbered(name string, object uint32) string {
	if t.unclear[object] {
		return fmt.Sprintf("%s #%d", name, object)
	}
	return name
}

// unclear returns the objects of the knot whose names do not tell which of them is meant: where two have one name, or
// one has two.
func unclear(v *verdict.Verdict) map[uint32]bool {
	names, objects := map[uint32][]string{}, map[string][]uint32{}
	see := func(o verdict.Object) {
		if !slices.Contains(names[o.ID], o.Name) {
			names[o.ID] = append(names[o.ID], o.Name)
			objects[o.Name] = append(objects[o.Name], o.ID)
		}
	}
	for _, g := range v.Knot {
		for _, w := range g.Waits {
			see(w.Object)
		}
		for _, h := range g.Holds {
			see(h.Object)
		}
	}
	unclear := map[uint32]bool{}
	for id, ns := range names {
		for _, n := range ns {
			if len(ns) > 1 || len(objects[n]) > 1 {
				unclear[id] = true
			}
		}
	}
	return unclear
}

// outside shows the stack of a goroutine that blocks where the engine cannot see.
func (t *text) outside(g verdict.Goroutine) {
	if g.Stack != "" && (g.State == "" || t.o.Full) {
		t.line("%s", indent(g.Stack, "      "))
	}
}

func (t *text) stack() {
	if t.v.Stack != "" {
		t.b.WriteByte('\n')
		t.line("%s", indent(t.v.Stack, "  "))
	}
}

func indent(s, by string) string {
	return by + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n"+by)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// rounded returns d with about as many digits as anybody reads.
func rounded(d time.Duration) time.Duration {
	if d >= time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(time.Microsecond)
}
