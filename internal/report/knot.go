package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/goroutines"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
	"github.com/jostle-dev/jostle/internal/waitgraph"
)

// knotShown bounds the goroutines that are drawn.
const knotShown = 6

// knot draws who waits for whom: the goroutines one below the other, each with what it holds and what it waits for, an
// arrow from each to the next, and the way back of a circle.
//
//	┌─▶ g2 a
//	│   holds  mu
//	│   waits  lock nu
//	│    ▼ held by g3
//	│   g3 b
//	│   holds  nu
//	│   waits  lock mu
//	└────┘ held by g2
func (t *text) knot() {
	knot := t.v.Knot
	if len(knot) == 0 {
		return
	}
	margin, first := "    ", "    "
	if t.v.Cycle {
		margin, first = "  │   ", "  ┌─▶ "
	}
	t.b.WriteByte('\n')
	shown := knot
	if !t.o.Full && len(knot) > knotShown+1 {
		shown = knot[:knotShown]
	}
	rows := t.rows(shown, t.o.Width-columns(margin))
	for i, g := range shown {
		t.title(first, margin, g)
		first = margin
		for _, r := range rows[i] {
			t.line("%s%s", margin, r)
		}
		t.outside(margin+"  ", g)
		next, ok := t.next(i)
		switch {
		case ok && i+1 < len(shown):
			t.item(margin, " ▼ ", "%s", t.link(g, next))
		case ok && i+1 < len(knot):
			t.item(margin, " ▼ ", "%s", t.link(g, next))
			t.line("%s %d more goroutines, each waiting for the next; -trace shows them", margin, len(knot)-len(shown))
		case t.v.Lost != nil:
			t.lost(margin)
		case !ok:
			t.nobody(margin, g)
		}
	}
	if t.v.Cycle {
		last := knot[len(knot)-1]
		t.item("  ", "└────┘ ", "%s", t.link(last, knot[0].ID))
	}
}

// title writes which goroutine it is and where it comes from.
func (t *text) title(first, margin string, g verdict.Goroutine) {
	if g.State != "" { // live: what has started it is not known
		t.line("%s%s", first, t.name(g.ID))
		return
	}
	from := "the body of the test"
	at := ""
	if g.Spawned != nil {
		at = t.startedAt(g)
		from = "started by " + t.number(g.Parent) + " at "
		if g.Parent == 0 {
			from = "called back, registered at "
		}
	}
	line := first + t.name(g.ID) + "   " + from
	if room := t.o.Width - columns(line); columns(t.short(at, room)) <= room {
		t.line("%s%s", line, t.short(at, room))
		return
	}
	t.line("%s%s", first, t.name(g.ID))
	t.line("%s%s%s", margin, from, t.short(at, t.o.Width-columns(margin+from)))
}

// A row says what a goroutine holds or waits for, and where in the code.
type row struct {
	word, what, at, source string
	waits                  bool // what it is blocked in
}

func (t *text) rowsOf(g verdict.Goroutine, next uint32) []row {
	var out []row
	for _, h := range g.Holds {
		if !t.told(h) {
			continue
		}
		r := row{word: "holds", what: trace.Amount(max(h.N, 1)) + t.kept(h.Object, h.Keeping), at: t.at(h.Site), source: t.source(h.Site, h.Object.Name)}
		switch {
		case h.Owed:
			r.word, r.what = "owes", t.object(h.Object)+", last given back at"
			switch {
			case adds(h.Site):
				r.what = t.object(h.Object) + ", added to at"
			case h.Yet:
				r.what = t.object(h.Object) + ", to be given back at"
			}
			if !strings.Contains(r.source, h.Object.Name) {
				r.source = "" // it is behind a call
			}
		case h.Read:
			r.what += " for reading"
		}
		if h.User != nil {
			out = append(out, row{word: r.word, what: r.what + ", by " + goroutines.InPackage(h.Via), at: t.place(h.User.Place), source: t.sourceAt(h.User.Place)})
			r.word, r.what = "", "which locks"
		}
		out = append(out, r)
	}
	if g.Stack != "" && g.Site == nil {
		return append(out, row{word: "waits", what: t.doing(g), waits: true})
	}
	word := "waits"
	if u := g.User(); u != nil {
		out = append(out, row{word: word, what: "in " + goroutines.InPackage(g.Within[len(g.Within)-2].Func), at: t.place(u.Place), source: t.sourceAt(u.Place)})
		word = ""
	}
	return append(out, row{word, t.doing(g), t.at(g.Site), t.source(g.Site, t.waitsOn(g, next).Object.Name), true})
}

// waitsOn returns what g waits for from next; 0: what matters most of what it waits for.
func (t *text) waitsOn(g verdict.Goroutine, next uint32) verdict.Waiting {
	w, _ := edge(g, next)
	return w
}

// edge returns what g waits for that next could end, and how: of several what is surest. If next is 0, it is what matters most.
func edge(g verdict.Goroutine, next uint32) (w verdict.Waiting, by *verdict.Releaser) {
	if next == 0 && len(g.Waits) > 0 {
		return mattering(g, 0)[0], nil
	}
	for _, of := range g.Waits {
		for i := range of.By {
			if r := &of.By[i]; r.Task == next && (by == nil || r.How < by.How) {
				w, by = of, r
			}
		}
	}
	return w, by
}

// mattering returns what g waits for, first what the explanation is about: what next could end, what another goroutine has instead, and what
// a goroutine was seen to do, or could have. The end of a context or a timer is beside something else as a rule.
func mattering(g verdict.Goroutine, next uint32) []verdict.Waiting {
	rank := func(w verdict.Waiting) int {
		of := func(test func(verdict.Releaser) bool) bool { return slices.ContainsFunc(w.By, test) }
		switch {
		case next != 0 && of(func(r verdict.Releaser) bool { return r.Task == next }):
			return 0
		case w.Fate != nil:
			return 1
		case of(func(r verdict.Releaser) bool { return !r.How.Row().Beside }):
			return 2
		}
		return 3
	}
	return slices.SortedStableFunc(slices.Values(g.Waits), func(a, b verdict.Waiting) int { return cmp.Compare(rank(a), rank(b)) })
}

// casesInOrder is how many cases of a select are shown in the order of the source; of more those come first that matter.
const casesInOrder = 3

// cases returns what g waits for in the order in which it is shown.
func (t *text) cases(g verdict.Goroutine) []verdict.Waiting {
	i := slices.IndexFunc(t.v.Knot, func(k verdict.Goroutine) bool { return k.ID == g.ID })
	if i < 0 || len(g.Waits) <= casesInOrder {
		return g.Waits
	}
	next, _ := t.next(i)
	return mattering(g, next)
}

// doingShort is doing with no more of a select than the case that next could end.
func (t *text) doingShort(g verdict.Goroutine, next uint32) string {
	w := t.waitsOn(g, next)
	if g.Op != trace.OpSelect || len(g.Waits) < 2 || w.Op == trace.OpNone {
		return t.doing(g)
	}
	return fmt.Sprintf("select: %s %s | %d more", w.Op, t.object(w.Object), len(g.Waits)-1)
}

// rows lays out what the goroutines hold and wait for in lines of at most n columns: with the code beside the place if
// all of it fits there, and else below.
func (t *text) rows(gs []verdict.Goroutine, n int) [][]string {
	all := make([][]row, len(gs))
	what, at, source := 0, 0, 0
	for i, g := range gs {
		next, _ := t.next(i)
		all[i] = t.rowsOf(g, next)
		for _, r := range all[i] {
			what, at, source = max(what, columns(r.what)), max(at, columns(r.at)), max(source, columns(r.source))
		}
	}
	const word = 7 // columns
	beside := word+what+2+at+2+min(source, 28) <= n
	if most := n - word - 2 - min(at, 30); what > most {
		what = 0
		for i, g := range gs {
			next, _ := t.next(i)
			for j := range all[i] {
				if r := &all[i][j]; r.waits && columns(r.what) > most {
					r.what = t.doingShort(g, next)
				}
				what = max(what, columns(all[i][j].what))
			}
		}
		what = min(what, most)
	}
	out := make([][]string, len(gs))
	for i := range all {
		for _, r := range all[i] {
			switch {
			case beside:
				line := fmt.Sprintf("%s%s  %s  ", pad(word, r.word), pad(what, r.what), pad(at, r.at))
				out[i] = append(out[i], line+head(r.source, n-columns(line)))
				continue
			case word+columns(r.what)+2+columns(t.short(r.at, 0)) <= n:
				line := fmt.Sprintf("%s%s  ", pad(word, r.word), pad(min(what, n-word-2-columns(t.short(r.at, 0))), r.what))
				out[i] = append(out[i], line+t.short(r.at, n-columns(line)))
			default:
				for j, l := range strings.Split(wrap(r.what, n-word), "\n") {
					w := ""
					if j == 0 {
						w = r.word
					}
					out[i] = append(out[i], pad(word, w)+l)
				}
				out[i] = append(out[i], pad(word, "")+t.short(r.at, n-word))
			}
			if r.source != "" {
				out[i] = append(out[i], pad(word, "")+head(r.source, n-word))
			}
		}
	}
	return out
}

// next returns the goroutine for which the i-th of the knot waits.
func (t *text) next(i int) (uint32, bool) {
	switch {
	case i+1 < len(t.v.Knot):
		return t.v.Knot[i+1].ID, true
	case t.v.Cycle:
		return t.v.Knot[0].ID, true
	}
	return 0, false
}

// link says why next is the one that g waits for.
func (t *text) link(g verdict.Goroutine, next uint32) string {
	w, by := edge(g, next)
	if by == nil {
		return t.number(next) + " is to go on first"
	}
	why := t.because(*by, w)
	if next == g.ID && w.Op == trace.OpWait && by.Site != nil {
		why = fmt.Sprintf("for %s itself, which comes to %s only afterwards (%s)", t.number(g.ID), t.object(w.Object)+".Done", t.where(by.Site))
	}
	if next == g.ID && starts(*by) {
		why = fmt.Sprintf("for %s itself, which starts only afterwards the goroutine that would %s (%s)", t.number(g.ID), t.deed(*by, w), t.where(by.Site))
	}
	if len(g.Waits) > 1 && by.How.Strength() == waitgraph.Certain {
		why = t.object(w.Object) + ": " + why
	}
	others := 0
	for _, r := range w.By {
		if r.Task != next && !r.Ended && by.How > waitgraph.Owes && r.How <= by.How {
			others++
		}
	}
	if others > 0 {
		why += fmt.Sprintf("; %d more could, and are stuck too", others)
	}
	return why
}

// starts reports whether r would start a goroutine that could end the wait.
func starts(r verdict.Releaser) bool {
	return r.How == waitgraph.Could && r.Site != nil && r.Site.Starts != ""
}

// adds reports whether s adds to a wait group: of one that owes it a Done, where it would do that is not known.
func adds(s *trace.Site) bool { return s != nil && s.Op == trace.OpAdd }

// nobodyShown bounds the goroutines that could have ended a wait and have gone.
const nobodyShown = 3

// nobody says of a wait that nothing can end who could have ended it.
func (t *text) nobody(margin string, g verdict.Goroutine) {
	if len(g.Waits) == 0 {
		if g.Stack == "" && len(g.Nil) == 0 {
			t.item(margin, " ✗ ", "nothing in the program can end this")
		}
		t.never(margin, g)
		return
	}
	if g.Round != nil {
		t.item(margin, " ✗ ", "it goes round for ever, from timer to timer, and nothing can stop it")
		t.unable(margin, g, t.stopping(g))
		return
	}
	defer t.never(margin, g)
	t.unable(margin, g, t.cases(g))
}

// stopping returns what g waits for, of one that goes round for ever: that by which it leaves its loop, if there is such, and nothing that
// would only have it go round once more.
func (t *text) stopping(g verdict.Goroutine) []verdict.Waiting {
	waits := t.besideTimers(g)
	leaving := slices.DeleteFunc(slices.Clone(waits), func(w verdict.Waiting) bool { return !w.Leaves })
	if len(leaving) == 0 {
		return waits
	}
	return leaving
}

// besideTimers returns what g waits for, without timers: they only keep a loop running that never ends.
func (t *text) besideTimers(g verdict.Goroutine) (out []verdict.Waiting) {
	for _, w := range g.Waits {
		if !spent(w) && !t.ticks(g, w) {
			out = append(out, w)
		}
	}
	return out
}

// ticks reports whether w is g's wait for a ticker: it has received from a channel on which nobody sends.
func (t *text) ticks(g verdict.Goroutine, w verdict.Waiting) bool {
	return w.Op == trace.OpRecv && len(w.By) == 0 && len(w.Code) == 0 && slices.ContainsFunc(t.state(w.Object.ID).Users, func(u trace.ObjectUse) bool {
		return u.Task == g.ID && u.Op == trace.OpRecv
	})
}

// state returns what is known of an object: nothing, if it is none of the execution's.
func (t *text) state(object uint32) (state trace.ObjectState) {
	if i := slices.IndexFunc(t.v.Objects, func(o trace.ObjectState) bool { return o.ID == object }); i >= 0 {
		state = t.v.Objects[i]
	}
	return state
}

// unable says of waits of g who could have ended them.
func (t *text) unable(margin string, g verdict.Goroutine, waits []verdict.Waiting) {
	for _, w := range waits {
		if w.Fate != nil {
			t.item(margin, " ✗ ", "%s", t.became(w.Fate))
			continue
		}
		if len(w.By) == 0 {
			t.item(margin, " ✗ ", "nobody was seen that could %s", t.partner(w))
			for _, s := range w.Code[:min(len(w.Code), nobodyShown)] {
				t.para(margin+"   ", "as %s would at %s", goroutines.InPackage(s.Func), t.where(s))
			}
			continue
		}
		t.item(margin, " ✗ ", "%s", t.nobodyTo(g, w))
		for i, r := range w.By {
			if i == nobodyShown && !t.o.Full {
				t.line("%s   and %d more", margin, len(w.By)-i)
				break
			}
			t.para(margin+"   ", "%s %s", t.name(r.Task), t.could(r))
		}
	}
}

// connected says, after what it is called, where a connection was made; nothing if that is not known, or if it is called after that, as a
// pipe is.
func (t *text) connected(o verdict.Object) string {
	there := t.state(o.ID)
	for _, u := range slices.Concat(there.Users, t.state(there.Back).Users) {
		if u.Op == trace.OpDial && u.Site != nil {
			return fmt.Sprintf(", which %s dialled at %s", t.name(u.Task), t.where(u.Site))
		}
	}
	return ""
}

// lost says which wake-up came before the wait.
func (t *text) lost(margin string) {
	l := t.v.Lost
	step := ""
	if l.Step > 0 { // of a live run no steps are known
		step = fmt.Sprintf("step %d, ", l.Step)
	}
	t.item(margin, " ✗ ", "the %s came before, and met nobody: %sby %s", l.Op, step, t.name(l.Task))
	left := margin + "   " + t.at(l.Site) + "  "
	_, w := t.missed()
	t.line("%s%s", left, head(t.source(l.Site, w.Object.Name), t.o.Width-columns(left)))
}

// blocksThere reports whether s is the operation that its goroutine is blocked in.
func (t *text) blocksThere(s trace.Step) bool {
	for _, gs := range [][]verdict.Goroutine{t.v.Knot, t.v.Others, t.v.Left} {
		for _, g := range gs {
			if g.ID == s.Task {
				byWord := g.Op == trace.OpAcquire || g.Site != t.v.Tasks[g.ID-1].Site // how it waits does not matter then
				return g.Site == s.Site && g.Op == s.Op || byWord
			}
		}
	}
	return false
}
