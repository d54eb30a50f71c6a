// Package report renders a verdict for people. It sees the verdict and knows nothing of how it was found.
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/goroutines"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// Options are what a report needs beside the verdict.
type Options struct {
	Dir     string // of the package under test; "" shows all files as they are
	Base    string // directory from which the reader opens files, see ScreenName; "": names that mean the same on every machine
	Input   string // what the body was given, as Go source; "" for nothing
	Story   *Story // what other executions say of it; nil if that is not known
	Replay  string // the command that replays the finding, one a line; "" if there is none
	Full    bool   // the whole trace and all stacks, not only what matters
	Program string // its file; "" for the program that runs: sources that are newer are not shown
	Width   int    // of a line in columns; 0 for 80
}

// The size of a screen. The report of a usual finding fits; of one that does not, lists are cut, with how much is left.
const (
	screenWidth  = 80
	screenHeight = 40
)

// Text writes v as a colleague would tell it, on one screen: what happened, a picture of who waits for whom, how it came
// to that, what to change, how to see it again. A verdict that is no finding is one line and the input.
func Text(w io.Writer, v *verdict.Verdict, o Options) error {
	if o.Width == 0 {
		o.Width = screenWidth
	}
	t := &text{v: v, o: o, unclear: unclear(v), sources: map[string][]string{}, whole: map[string]bool{}}
	t.headline()
	if v.Found() {
		t.difference()
		t.cancelled()
		t.faulted()
		t.knot()
		t.others()
		t.left()
		t.races()
		t.stack()
		t.closed()
		t.unordered()
		end := &text{v: v, o: o, unclear: t.unclear, sources: t.sources, whole: t.whole}
		end.advice()
		end.input()
		end.replay()
		if v.Kind == verdict.Livelock {
			t.rounds()
		} else {
			t.interleaving(screenHeight - t.lines() - end.lines())
		}
		t.b.WriteString(end.b.String())
	} else {
		t.input()
	}
	_, err := io.WriteString(w, t.b.String())
	return err
}

type text struct {
	b       strings.Builder
	v       *verdict.Verdict
	o       Options
	unclear map[uint32]bool     // objects that need their number beside the name
	sources map[string][]string // lines by file
	whole   map[string]bool     // files that were named so that they can be opened
}

// lines returns how many were written so far.
func (t *text) lines() int { return strings.Count(t.b.String(), "\n") }

func (t *text) line(format string, args ...any) {
	t.b.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " "))
	t.b.WriteByte('\n')
}

func (t *text) section(name string) {
	t.b.WriteByte('\n')
	t.line("%s", name)
}

// headline writes the verdict, the rule that is broken, and on what both rest.
func (t *text) headline() {
	v := t.v
	rule := ""
	if v.Rule != 0 {
		rule = fmt.Sprintf(" (rule %d)", v.Rule)
	}
	head := v.Kind.String() + ": " + t.what(t.name) + rule
	if columns(head) > t.o.Width {
		head = v.Kind.String() + ": " + t.what(t.number) + rule
	}
	t.line("%s", wrap(head, t.o.Width))
	if !v.Found() {
		t.line("  %s", v.Evidence)
		return
	}
	if v.Rule != 0 {
		t.para("  ", "Rule %d: %s.", v.Rule, ruleText[v.Rule])
	}
	why := upper(v.Evidence)
	switch {
	case v.Elapsed > 0 && strings.HasSuffix(why, "virtual time"):
		why += fmt.Sprintf(" (%v)", rounded(v.Elapsed))
	case v.Elapsed > 0:
		why += fmt.Sprintf(" (%v of virtual time)", rounded(v.Elapsed))
	}
	lines := strings.Split(wrap(why+".", t.o.Width-2), "\n")
	see := "See: jostle explain " + Topic(v.Kind)
	if last := &lines[len(lines)-1]; columns(*last+" "+see) <= t.o.Width-2 {
		*last += " " + see
	} else {
		lines = append(lines, see)
	}
	t.line("  %s", strings.Join(lines, "\n  "))
	if v.Abandoned > 0 {
		verb := "block"
		if v.Abandoned == 1 {
			verb = "blocks"
		}
		t.para("  ", "%s could not be ended and still %s in the process.", plural(v.Abandoned, "goroutine"), verb)
	}
}

// ruleText are the rules in a few words.
var ruleText = map[verdict.Rule]string{
	verdict.ReleaseFirst: "release resources before blocking",
	verdict.OneOrder:     "keep one order of acquisition",
	verdict.Propagate:    "propagate wake-ups and blocking state",
	verdict.Cancel:       "what was started must end when its owner goes",
}

// what says in half a sentence what happened. name says what to call a goroutine.
func (t *text) what(name func(task uint32) string) string {
	v := t.v
	switch v.Kind {
	case verdict.Panic:
		return v.Who + " panicked: " + firstLine(v.Value)
	case verdict.Assertion:
		return "the test fails under this schedule"
	case verdict.Race:
		return t.accesses()
	case verdict.Livelock:
		return "the execution does not come to an end"
	case verdict.Stall:
		return v.Who + " " + stalling(v) + unreached // its stack says where
	case verdict.Pass:
		return "nothing found"
	}
	stuck := len(v.Knot) + len(v.Others)
	switch {
	case v.Cycle && len(v.Knot) == 1 && t.keptBy() != nil:
		return name(v.Knot[0].ID) + " waits for what it holds itself" + t.unless(t.keptBy().Keeping)
	case v.Cycle && len(v.Knot) == 1:
		return name(v.Knot[0].ID) + " waits for itself"
	case v.Cycle:
		return fmt.Sprintf("%d goroutines wait for each other in a circle", len(v.Knot))
	case v.Idle:
		return plural(stuck, "goroutine") + " can never end, and a connection is left open"
	case v.Lost != nil:
		return name(v.Knot[len(v.Knot)-1].ID) + " waits for a wake-up that came before"
	case t.isGone():
		f, _ := t.fate()
		return name(v.Knot[len(v.Knot)-1].ID) + " " + t.gone(f, name)
	case v.Kind == verdict.Leak:
		return plural(stuck, "goroutine") + " can never end, and the body has returned"
	case len(v.Knot) > 0:
		return name(v.Knot[len(v.Knot)-1].ID) + " waits for what nobody is left to do"
	default:
		return plural(stuck, "goroutine") + " can never go on"
	}
}

// othersShown bounds the goroutines that are stuck beside those of the explanation.
const othersShown = 5

// others lists who is stuck beside those of the knot.
func (t *text) others() {
	title := "stuck as well"
	if len(t.v.Knot) == 0 {
		title = "stuck"
	}
	t.list(title, t.v.Others)
}

// left lists who is left of a test that failed.
func (t *text) left() {
	t.list("left behind when the test had failed, and can never end", t.v.Left)
}

// list lists goroutines that are stuck, alike ones together.
func (t *text) list(title string, gs []verdict.Goroutine) {
	if len(gs) == 0 {
		return
	}
	t.section(title)
	groups := t.alike(gs)
	shown := groups
	if !t.o.Full {
		shown = groups[:min(len(groups), othersShown)]
	}
	name, doing := 0, 0
	for _, g := range shown {
		name = max(name, columns(tail(g.name, 32)))
		doing = max(doing, columns(g.doing))
	}
	doing = min(doing, 26)
	for _, g := range shown {
		left := fmt.Sprintf("  %s  %s  ", pad(name, tail(g.name, name)), pad(doing, head(g.doing, doing)))
		more := ""
		if g.times > 1 {
			more = fmt.Sprintf("  and %d more", g.times-1)
		}
		t.line("%s%s%s", left, t.short(g.at, t.o.Width-columns(left+more)), more)
		if g.Place != "" {
			t.code("      ", t.sourceAt(g.Place))
		}
		t.outside("      ", g.Goroutine)
	}
	left := 0
	for _, g := range groups[len(shown):] {
		left += g.times
	}
	if left > 0 {
		t.line("  and %d more", left)
	}
}

// A group is goroutines that run the same and are blocked in the same place.
type group struct {
	verdict.Goroutine // the first of them
	name, doing, at   string
	times             int
}

func (t *text) alike(gs []verdict.Goroutine) []group {
	var out []group
	for _, g := range gs {
		next := group{g, t.name(g.ID), t.doing(g), t.blockedAt(g), 1}
		if g.Place != "" {
			next.at = t.place(g.Place)
		}
		i := slices.IndexFunc(out, func(o group) bool {
			return o.Name == g.Name && o.doing == next.doing && o.at == next.at && !t.o.Full
		})
		if i >= 0 {
			out[i].times++
			continue
		}
		out = append(out, next)
	}
	return out
}

// stackShown bounds the calls that are shown of a stack.
const stackShown = 10

// outside shows the stack of a goroutine that blocks where the engine cannot see.
func (t *text) outside(margin string, g verdict.Goroutine) {
	if g.Stack != "" && (g.State == "" || t.o.Full) {
		t.trace(margin, g.Stack)
	}
}

func (t *text) stack() {
	if t.v.Stack != "" {
		t.b.WriteByte('\n')
		if rest := strings.TrimPrefix(t.v.Value, firstLine(t.v.Value)); rest != "" { // of a panic with more than a line
			t.trace("  ", rest)
		}
		t.trace("  ", t.v.Stack)
	}
}

// trace shows a stack as the runtime prints it, a call a line, or as much of it as a reader needs to begin with: what the
// library does inside of its functions is left out.
func (t *text) trace(margin, stack string) {
	calls := callsOf(stack)
	if !t.o.Full {
		inside := func(c call) bool {
			return strings.HasPrefix(c.fn, "runtime.") || strings.HasPrefix(c.fn, "syscall.") || strings.HasPrefix(c.fn, "internal/")
		}
		if i := slices.IndexFunc(calls, func(c call) bool { return !inside(c) }); i > 0 {
			calls = calls[i:]
		}
	}
	seen := false
	for i, c := range calls {
		if i == stackShown && !t.o.Full {
			t.line("%s… %d more", margin, len(calls)-i)
			return
		}
		fn := c.fn
		if i := strings.LastIndexByte(fn, '('); i > 0 && strings.HasSuffix(fn, ")") {
			fn = fn[:i] // without the arguments, which are numbers
		}
		fn = goroutines.InPackage(fn)
		if c.at == "" {
			t.line("%s%s", margin, c.fn)
			continue
		}
		left := fmt.Sprintf("%s%s  ", margin, pad(32, fn))
		t.line("%s%s", left, t.short(t.place(c.at), t.o.Width-columns(left)))
		if t.ours(c.at) && !seen {
			seen = true
			t.code(margin+"    ", t.sourceAt(c.at))
		}
	}
}

// A call is one on a stack; one without a place is some other line in it.
type call struct{ fn, at string }

func callsOf(stack string) []call {
	var calls []call
	for l := range strings.Lines(strings.Trim(stack, "\n")) {
		l = strings.TrimSuffix(l, "\n")
		if at, ok := strings.CutPrefix(l, "\t"); ok && len(calls) > 0 {
			calls[len(calls)-1].at, _, _ = strings.Cut(at, " +0x")
		} else {
			calls = append(calls, call{fn: l})
		}
	}
	return calls
}

// The size of an input on the screen. What does not fit is in the report as data.
const (
	inputLines   = 10
	inputColumns = 200
)

func (t *text) input() {
	if t.o.Input == "" {
		return
	}
	t.section("input")
	lines := strings.Split(strings.ReplaceAll(t.o.Input, "\t", "    "), "\n")
	for i, l := range lines {
		if i == inputLines && !t.o.Full {
			t.line("  … %s more", plural(len(lines)-i, "line"))
			return
		}
		if !t.o.Full {
			l = head(l, inputColumns)
		}
		t.line("  %s", l)
	}
}

func (t *text) replay() {
	if t.o.Replay == "" {
		return
	}
	t.section("replay")
	for l := range strings.Lines(t.o.Replay) {
		t.line("  %s", strings.TrimSuffix(l, "\n"))
	}
}
