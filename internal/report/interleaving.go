package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
	"github.com/jostle-dev/jostle/internal/waitgraph"
)

// Bounds on the lines of the interleaving: how many there are in any case, and at most.
const (
	leastShown = 8
	mostShown  = 12
)

// interleaving shows the steps that matter, in at most so many lines if that is not too little: those that made the hang
// what it is, and where the schedule took somebody off.
func (t *text) interleaving(most int) {
	steps := t.v.Steps
	if len(steps) == 0 {
		return
	}
	notes := t.matters()
	in := t.castOf(notes)
	var rows []stepRow
	cut := 0
	for i, s := range steps {
		switch {
		case s.Off == nil:
		case t.o.Full || in.touches(s.Off):
			row := t.preemption(s)
			row.beside = !in.tasks[s.Off.Task]
			rows = append(rows, row)
		default:
			cut++
		}
		since := t.o.Story != nil && t.o.Story.Step == t.number0()+i
		if since {
			rows = append(rows, stepRow{number: inevitable, what: t.unpassed(t.o.Story)})
		}
		if note, ok := notes[i]; ok || t.o.Full || since && s.Site != nil {
			what, at := t.operation(s), t.atStep(s.Task, s.Object, s.Site)
			switch note {
			case blocks:
				what, at = t.blockedIn(s.Task)
			case meetsNobody:
				_, w := t.missed()
				what = fmt.Sprint(t.v.Lost.Op, " ", t.object(w.Object))
			}
			rows = append(rows, stepRow{number: fmt.Sprint(t.number0() + i), who: t.name(s.Task), what: what, at: at, note: note, stays: since})
		}
	}
	if len(rows) == 0 {
		return
	}
	title := fmt.Sprintf("how it came to that: the steps that matter of %d", t.v.Total)
	if t.o.Full {
		title = fmt.Sprintf("how it came to that: all %d steps", t.v.Total)
		if len(steps) < t.v.Total {
			title = fmt.Sprintf("how it came to that: the last %d steps of %d", len(steps), t.v.Total)
		}
	}
	t.section(title + ", " + plural(t.v.Preemptions, "preemption"))
	most = min(max(most-2, leastShown), mostShown)
	if len(rows) > most && !t.o.Full {
		for ; len(rows) >= most; cut++ {
			// First goes where goroutines were taken off that have no other part in it, then what is only there to make the rest plausible.
			i := slices.IndexFunc(rows, func(r stepRow) bool { return r.beside })
			if i < 0 {
				i = slices.IndexFunc(rows, func(r stepRow) bool { return r.note == "" && r.number != preempted && !r.stays })
			}
			if i < 0 {
				i = slices.IndexFunc(rows, func(r stepRow) bool { return r.number != inevitable && !r.stays })
			}
			rows = slices.Delete(rows, max(i, 0), max(i, 0)+1)
		}
	}
	if cut > 0 {
		t.line("  … without %d more, which -trace shows", cut)
	}
	t.steps(rows)
}

// A cast is the goroutines that a report speaks of, and which of them have touched what.
type cast struct {
	tasks map[uint32]bool
	touched
}

func (t *text) castOf(notes map[int]string) cast {
	st := cast{map[uint32]bool{}, touched{}}
	for _, g := range t.v.Knot {
		st.tasks[g.ID] = true
		for _, w := range g.Waits {
			for _, r := range w.By {
				st.tasks[r.Task] = true
			}
		}
	}
	for i := range notes {
		st.tasks[t.v.Steps[i].Task] = true
	}
	if s := t.o.Story; s != nil {
		if i := s.Step - t.number0(); i >= 0 && i < len(t.v.Steps) {
			st.tasks[t.v.Steps[i].Task] = true
		}
		for _, o := range s.Difference.Orders {
			st.tasks[o.First.Task], st.tasks[o.Then.Task] = true, true
		}
		for _, c := range s.Difference.Choices {
			st.tasks[c.Task] = true
		}
	}
	for _, s := range t.v.Steps {
		if st.tasks[s.Task] || len(t.v.Knot) == 0 { // where no goroutine is stuck, any may have to do with it
			st.add(s)
		}
	}
	return st
}

// touches reports whether that the schedule took a goroutine off matters to a reader: it does at anything but a lock or an atomic operation that no
// other goroutine of the story has to do with.
func (st cast) touches(off *trace.Off) bool { return !st.alone(off.Task, off.Op, off.Object, off.Site) }

// number0 returns the number of the first step that was kept.
func (t *text) number0() int { return t.v.Total - len(t.v.Steps) + 1 }

// A stepRow is a line of the interleaving.
type stepRow struct {
	number, who, what, at, note string
	stays                       bool // however little room there is
	beside                      bool // the schedule took off a goroutine that has no other part in it
}

// steps lays out lines of the interleaving in columns.
func (t *text) steps(rows []stepRow) {
	number, who, what := 0, 0, 0
	for i := range rows {
		r := &rows[i]
		r.who = tail(r.who, 26)
		number, who = max(number, len(r.number)), max(who, columns(r.who))
		if r.number != preempted && r.number != inevitable {
			what = max(what, columns(r.what))
		}
	}
	what = min(what, max(24, t.o.Width-number-who-32))
	for _, r := range rows {
		if r.number == inevitable {
			t.item("  ", pad(number, "")[min(number, 1):]+inevitable+"  ", "%s", r.what)
			continue
		}
		note := r.note
		if note != "" {
			note = "  " + note
		}
		left := fmt.Sprintf("  %*s  %s  ", number, r.number, pad(who, r.who))
		room := t.o.Width - columns(left) - columns(note)
		if r.number == preempted {
			at := ""
			for _, p := range []string{t.short(r.at, 0), shortened(r.at, 0)} { // it mostly comes again in the step that was put off
				if at == "" && columns(r.what+"  "+p) <= room {
					at = "  " + p
				}
			}
			t.line("%s%s%s", left, head(r.what, room), at)
			continue
		}
		w := min(what, room-16)
		left += pad(w, head(r.what, w)) + "  "
		t.line("%s%s%s", left, t.short(r.at, t.o.Width-columns(left)-columns(note)), note)
	}
}

// Marks of a line: in the place of a step's number, and what is said of it.
const (
	preempted   = ">"
	inevitable  = "!"
	blocks      = "blocks"
	fault       = "fault"
	meetsNobody = "meets nobody"
	races       = "races" // a plain access
)

// blockedIn returns the operation in which a goroutine of the knot is blocked, of a select the one that matters, and where.
func (t *text) blockedIn(task uint32) (what, at string) {
	i := slices.IndexFunc(t.v.Knot, func(g verdict.Goroutine) bool { return g.ID == task })
	g := t.v.Knot[i]
	next, _ := t.next(i)
	if w := t.waitsOn(g, next); w.Op != trace.OpNone {
		return t.way(w), t.blockedAt(g)
	}
	return t.doing(g), t.blockedAt(g)
}

// preemption says whom the schedule took off in favour of step s, and before or after what.
func (t *text) preemption(s trace.Step) stepRow {
	off := s.Off
	verb, where := "preempted", "before"
	if s.Choice == trace.Delayed {
		verb = "held back"
	}
	if off.After {
		where = "after"
	}
	what := t.operation(trace.Step{Task: off.Task, Object: off.Object, Op: off.Op, Site: off.Site})
	return stepRow{number: preempted, who: t.name(off.Task), what: verb + " " + where + " " + what, at: t.at(off.Site)}
}

// matters returns the steps, as indices, that made the hang what it is, each with what there is to say of it: those in
// which somebody took what is still held, blocked, gave a wake-up to nobody, or last did what would be needed, and ended.
func (t *text) matters() map[int]string {
	notes := map[int]string{}
	if f := t.v.Faulted; f != nil && f.Step >= t.number0() {
		notes[f.Step-t.number0()] = fault
	}
	if len(t.v.Knot) == 0 {
		return t.mattersTo(notes)
	}
	for i, g := range t.v.Knot {
		if n, ok := t.last(g.ID, nil); ok && t.blocksThere(t.v.Steps[n]) {
			notes[n] = blocks
		}
		for _, h := range g.Holds {
			if !t.told(h) {
				continue
			}
			t.noteHold(notes, g.ID, h)
		}
		next, ok := t.next(i)
		waits := g.Waits
		if !ok {
			waits = t.telling(g)
		}
		for _, w := range waits {
			for _, r := range w.By {
				if r.How == waitgraph.Stranded {
					t.note(notes, g.ID, r.Sent, "")
					t.note(notes, r.Task, nil, "")
					continue
				}
				if ok && r.Task != next || r.How.Strength() > waitgraph.Likely && !r.How.Row().Beside {
					continue
				}
				if r.How.Strength() > waitgraph.Certain || !ok {
					t.note(notes, r.Task, r.Site, "")
				}
				if n, ok := t.last(r.Task, nil); ok && r.Ended && t.v.Lost == nil {
					t.add(notes, n, "")
				}
			}
		}
	}
	if f, _ := t.fate(); f != nil {
		for _, e := range []verdict.Event{f.Gave, f.Got} {
			if n := e.Step - t.number0(); n >= 0 && n < len(t.v.Steps) {
				t.add(notes, n, "")
			}
		}
	}
	if l := t.v.Lost; l != nil {
		if n := l.Step - t.number0(); n >= 0 && n < len(t.v.Steps) && t.v.Steps[n].Task == l.Task {
			notes[n] = meetsNobody
		}
	}
	return notes
}

// telling returns those waits of a goroutine that no other can help which say why: where another has what it waits for that one, and of one that
// goes round for ever what would stop it.
func (t *text) telling(g verdict.Goroutine) []verdict.Waiting {
	if i := slices.IndexFunc(g.Waits, func(w verdict.Waiting) bool { return w.Fate != nil }); i >= 0 {
		return g.Waits[i : i+1]
	}
	if g.Round != nil {
		return t.stopping(g)
	}
	return g.Waits
}

// mattersTo adds to the notes the steps of an execution without a knot: the last ones of the goroutine that ended it or, if that is not known,
// those that the schedule put off, and what was done on the same objects. What others did when a test had failed has nothing to do with that.
func (t *text) mattersTo(notes map[int]string) map[int]string {
	if test := t.outlived(); test != "" {
		return t.mattersAfter(notes, test)
	}
	const few, most = 3, 12 // steps of the culprit, and of all
	steps := t.v.Steps
	failed := t.failed()
	if n, ok := t.last(failed, nil); ok {
		steps = steps[:n+1]
	}
	things := map[thing]bool{}
	see := func(i int) {
		if th, ok := thingOf(steps[i].Op, steps[i].Object, steps[i].Site); ok {
			things[th] = true
		}
		if steps[i].Site != nil {
			t.add(notes, i, "")
		}
	}
	if t.v.Who == "" {
		for i, s := range steps {
			if off := s.Off; off == nil {
				continue
			} else if off.After {
				if n, ok := lastOf(steps[:i], off.Task); ok {
					see(n)
				}
			} else if put := slices.IndexFunc(steps[i:], func(s trace.Step) bool { return s.Task == off.Task }); put >= 0 && steps[i+put].Op != trace.OpGo {
				see(i + put)
			}
		}
	}
	if c := t.v.Closed; c != nil && c.Step >= t.number0() {
		notes[c.Step-t.number0()] = ""
	}
	for _, c := range t.conflicts() {
		for _, pair := range [][2]trace.Touch{{c.First, c.Second}, {c.Second, c.First}} {
			if i := pair[0].Step - t.number0(); i >= 0 && i < len(steps) {
				notes[i] = races
				if pair[1].Step > 0 {
					notes[i] += fmt.Sprintf(" with step %d", pair[1].Step)
				}
			}
		}
	}
	n, none := 0, len(things) == 0
	all := touched{}
	if failed != 0 {
		for _, s := range t.v.Steps {
			all.add(s)
		}
	}
	for i, s := range slices.Backward(steps) {
		its := len(things) == 0
		switch {
		case t.v.Kind == verdict.Race:
			its = false // who raced is not known by the same numbers
		case t.v.Who != "":
			its = t.name(s.Task) == t.v.Who
		case failed != 0:
			its = none && s.Task == failed && s.Op != trace.OpExit && !all.alone(s.Task, s.Op, s.Object, s.Site)
		}
		if its && n < few {
			see(i)
			n++
		}
	}
	for i, s := range slices.Backward(steps) {
		unlocks := s.Op == trace.OpUnlock || s.Op == trace.OpRUnlock // each lock has its unlock
		if th, ok := thingOf(s.Op, s.Object, s.Site); len(notes) < most && ok && things[th] && !unlocks {
			t.add(notes, i, "")
		}
	}
	return notes
}

// outlived returns the test that a goroutine has outlived which panics because it uses the T of that test; "" for all else.
func (t *text) outlived() string {
	if t.v.Kind != verdict.Panic {
		return ""
	}
	for _, does := range [...]string{"Log", "Fail"} {
		if rest, ok := strings.CutPrefix(t.v.Value, does+" in goroutine after "); ok {
			test, _, _ := strings.Cut(rest, " has completed")
			return test
		}
	}
	return ""
}

// mattersAfter adds to the notes where the goroutine that has outlived a test was started, the end of the test, and what the goroutine did last.
func (t *text) mattersAfter(notes map[int]string, test string) map[int]string {
	for _, task := range t.v.Tasks {
		switch name := t.name(task.ID); {
		case name == t.v.Who:
			for n := max(task.Born-t.number0(), 0); n < len(t.v.Steps); n++ {
				if s := t.v.Steps[n]; s.Task == task.Parent && s.Op == trace.OpGo && s.Site == task.Spawned {
					t.add(notes, n, "")
					break
				}
			}
			for n, s := range slices.Backward(t.v.Steps) {
				if s.Task == task.ID && s.Op != trace.OpExit { // its end is the panic
					t.add(notes, n, "")
					break
				}
			}
		case strings.HasSuffix(name, " "+test):
			t.note(notes, task.ID, nil, "")
		}
	}
	return notes
}

// failed returns the goroutine by whose word a test has failed; 0 if that is not known. The calls that led there are known by their
// functions: it is the goroutine that was in one of them last.
func (t *text) failed() uint32 {
	if t.v.Kind != verdict.Assertion {
		return 0
	}
	for _, c := range t.v.Said.Calls {
		for _, s := range slices.Backward(t.v.Steps) {
			if s.Site != nil && s.Op != trace.OpExit && s.Site.Func == c.Func {
				return s.Task
			}
		}
	}
	return 0
}

// note adds the last step of a task at a site.
func (t *text) note(notes map[int]string, task uint32, at *trace.Site, what string) {
	if n, ok := t.last(task, at); ok {
		t.add(notes, n, what)
	}
}

// noteHold adds the step in which a task took what it holds: at that site, which may be that of other locks too, a library's say.
func (t *text) noteHold(notes map[int]string, task uint32, h verdict.Holding) {
	for i, s := range slices.Backward(t.v.Steps) {
		if s.Task == task && s.Site == h.Site && s.Object == h.Object.ID && s.Op != trace.OpExit {
			t.add(notes, i, "")
			return
		}
	}
	t.note(notes, task, h.Site, "")
}

// atStep returns where a goroutine does something to an object: if it is in a library, and it is known where the code under test has called that,
// there.
func (t *text) atStep(task, object uint32, s *trace.Site) string {
	for _, g := range t.v.Knot {
		if g.ID != task || s == nil || !program.InLibrary(s.File) {
			continue
		}
		if g.User() != nil && g.Site == s && slices.ContainsFunc(g.Waits, func(w verdict.Waiting) bool { return w.Object.ID == object }) {
			return t.blockedAt(g)
		}
		for _, h := range g.Holds {
			if h.User != nil && h.Site == s && h.Object.ID == object {
				return t.place(h.User.Place)
			}
		}
	}
	return t.at(s)
}

func (t *text) add(notes map[int]string, n int, what string) {
	if _, ok := notes[n]; !ok {
		notes[n] = what
	}
}

// last returns the last step of a task; of those at a site, unless at is nil.
func (t *text) last(task uint32, at *trace.Site) (int, bool) {
	for i, s := range slices.Backward(t.v.Steps) {
		if s.Task == task && (at == nil || s.Site == at && s.Op != trace.OpExit) {
			return i, true
		}
	}
	return 0, false
}

// lastOf returns the last step of a task.
func lastOf(steps []trace.Step, task uint32) (int, bool) {
	for i, s := range slices.Backward(steps) {
		if s.Task == task {
			return i, true
		}
	}
	return 0, false
}

// Bounds on what is shown of those that go round.
const (
	roundSteps  = 1_000 // looked at
	roundShown  = 4     // goroutines
	roundPlaces = 4     // of each
)

// rounds shows what the goroutines of a livelock do again and again.
func (t *text) rounds() {
	steps := t.v.Steps[max(0, len(t.v.Steps)-roundSteps):]
	type place struct {
		what, at string
		times    int
	}
	places := map[uint32][]place{}
	for _, s := range steps {
		what, at := t.operation(s), t.at(s.Site)
		ps := places[s.Task]
		i := slices.IndexFunc(ps, func(p place) bool { return p.what == what && p.at == at })
		if i < 0 {
			i = len(ps)
			ps = append(ps, place{what, at, 0})
		}
		ps[i].times++
		places[s.Task] = ps
	}
	t.section(fmt.Sprintf("who goes round: the last %d steps of %d", len(steps), t.v.Total))
	for n, task := range slices.Sorted(maps.Keys(places)) {
		if n == roundShown && !t.o.Full {
			t.line("  and %d more goroutines", len(places)-n)
			break
		}
		t.line("  %s", t.name(task))
		ps := places[task]
		slices.SortStableFunc(ps, func(a, b place) int { return cmp.Compare(b.times, a.times) })
		for i, p := range ps {
			if i == roundPlaces && !t.o.Full {
				t.line("          and %d more places", len(ps)-i)
				break
			}
			left := fmt.Sprintf("  %4d x  %s  ", p.times, pad(28, head(p.what, 28)))
			t.line("%s%s", left, t.short(p.at, t.o.Width-columns(left)))
		}
	}
}
