package campaign

import (
	"slices"

	"github.com/jostle-dev/jostle/internal/session"
)

// A phase says what comes next of a test. From the first to the last it goes forward, unless the test begins anew in another mode.
type phase uint8

const (
	opening   phase = iota // the plain run: all else depends on what that shows
	searching              // schedules, and tries of what was predicted
	over                   // nothing
)

func (t *test) phase() phase {
	switch {
	case t.over():
		return over
	case !t.search.Begun():
		return opening
	}
	return searching
}

func (t *test) over() bool { return t.end != goesOn }

// A mode is how a test runs.
type mode string

const (
	together mode = "controlled"           // many executions in a process
	isolated mode = "controlled, isolated" // one execution in a process
	live     mode = "live"
	native   mode = "without control"
)

// moves are the modes that a test in a mode can change to: each gives up some of what the one before it has.
var moves = map[mode][]mode{
	together: {isolated, live, native},
	isolated: {live, native},
	live:     {native},
}

// become has the test run in another mode from now on. It reports whether the mode can follow the present one.
func (t *test) become(m mode, why reason) bool {
	if !slices.Contains(moves[t.mode], m) {
		return false
	}
	t.mode, t.why = m, why
	t.search.Unsteered = m == live
	return true
}

// A reason is why a test runs as it does.
type reason struct {
	kind reasonKind
	text string // with unsteerable: why, as the process that met it says
}

type reasonKind uint8

const (
	usual        reasonKind = iota // nothing speaks against it
	wanted                         // the user has it so
	varies                         // its plain run is another each time, and not for what an execution leaves behind
	leavesBehind                   // an execution changes the next
	endsNext                       // an execution ends the process in the next
	dependent                      // what was found does not come again where nothing was done before
	mixes                          // what is in a bubble meets what is not
	unsteerable                    // the engine does not control something in it
	tooLong                        // the plain run has too many steps
	endsProcess                    // the plain run has ended its process, and did not in a replay
	unreached                      // it makes no execution
	failsToo                       // it fails without control as it does under it
	choiceless                     // it fails as an execution in which no schedule has a choice, and only there
	unpassing                      // it fails as an execution under every schedule that was tried, and only there
)

var reasons = [...]string{
	usual:        "",
	wanted:       "asked for",
	varies:       "no two runs of it are the same",
	leavesBehind: "an execution leaves behind what changes the next",
	endsNext:     "an execution leaves behind what ends the process in the next",
	dependent:    "what an execution did depended on those before it",
	mixes:        "it uses channels together with goroutines outside of the execution",
	tooLong:      "its plain run is too long to be controlled",
	endsProcess:  "its plain run has ended its process, and did not in a replay",
	unreached:    "no schedule reaches it",
	failsToo:     "it fails that way too",
	choiceless:   "no schedule has a choice in it, and as an execution it fails",
	unpassing:    "as an execution it fails, whatever the schedule",
}

func (r reason) String() string {
	if r.kind == unsteerable {
		return r.text
	}
	return reasons[r.kind]
}

// An end is why nothing more of a test is run.
type end uint8

const (
	goesOn       end = iota
	asMuch           // what was asked for is done, or the time for it is over
	onlyOne          // its plain run is its only execution: no schedule has a choice
	allSeen          // there are no other orders
	skips            // it skips itself
	fails            // its plain run ends in a finding, which what follows would end in too
	givenUp          // too many executions came to nothing: they were too long, undecided, or ended their process
	unended          // its first run did not end
	outOfHand        // it may only be controlled, and cannot be
	ranOnce          // it has run without control, and that is all
	failedItself     // jostle could not do what was to be done
)

// ends has the test be over. The first end counts.
func (t *test) ends(e end) {
	if t.end == goesOn {
		t.end = e
	}
}

// never has the test be over without having run once to its end.
func (t *test) never(e end, why string) {
	t.ends(e)
	t.unran = why
}

// isolate has the test go on, each execution in a process of its own. It reports whether it did otherwise before.
func (t *test) isolate(why reasonKind) bool {
	if !t.become(isolated, reason{kind: why}) {
		return false
	}
	t.drop()
	return true
}

// restart has the test begin again after its plain run.
func (t *test) restart() {
	t.drop()
	t.search.Restart()
}

// anew has the test begin again: what it has run so far does not count.
func (t *test) anew() {
	t.drop()
	t.search.Begin()
	t.executions, t.orders = 0, orders{}
}

// onMachine has the test begin again, with sockets of the machine.
func (t *test) onMachine(why string) {
	t.sockets = why
	t.anew()
}

// goLive has the test begin again, live, unless it may only be controlled.
func (t *test) goLive(why reason) {
	t.become(live, why)
	t.anew()
	if t.c.Mode == Controlled {
		t.never(outOfHand, uncontrolled+why.String())
	}
}

// uncontrolled is what is said of a test that may only be controlled and cannot be, before the reason.
const uncontrolled = "it cannot be controlled: "

// once has the test be done with a run without control.
func (t *test) once(r run, why reasonKind) {
	t.become(native, reason{kind: why})
	t.end, t.output, t.executions = ranOnce, r.told(), 1
	if why == failsToo || why == unreached && r.exit != 0 {
		t.failed = true
	}
}

// fail has the test be over as jostle could not do what was to be done with it.
func (t *test) fail(text string) {
	t.ends(failedItself)
	t.failed = true
	t.output += text + "\n"
}

// stalled notes an execution in which a goroutine did what the engine does not control.
func (t *test) stalled(b *batch, e session.Event) {
	which := func() string { return session.Execution(t.search.Number(b.Part, e.N)) }
	switch {
	case t.mode == live && e.N == 0:
		t.never(unended, "its first run did not come to an end:\n"+indent(e.Text))
	case t.mode == live:
		t.ends(givenUp)
		t.note("run %d did not come to an end, and is no proof of anything:\n%s", e.N, indent(e.Text))
	case e.N == 0:
		if t.goLive(reason{unsteerable, e.Why}); t.over() {
			t.unran += "\n" + indent(e.Text)
		}
	case t.c.Mode == Controlled:
		t.ends(outOfHand)
		t.note("%s%s: %s", uncontrolled, which(), e.Why)
	default:
		t.controlled = t.executions
		t.goLive(reason{unsteerable, which() + ": " + e.Why})
	}
}

// maxGivenUp is how many executions may be given up, or stay undecided, before the test is given up.
const maxGivenUp = 3

// isTooLong notes an execution that was given up. Some may be unlucky; a test that is always that long is not worth more.
func (t *test) isTooLong(n int) {
	t.abandoned++
	switch {
	case n == 0:
		t.goLive(reason{kind: tooLong})
	case t.abandoned == maxGivenUp:
		t.ends(givenUp)
		t.note("%s were too long and were given up", plural(maxGivenUp, "execution"))
	}
}

// undecided notes an execution of which it is not known whether it ends by itself, once for each state in which it was left. A
// test that does not come to its end is not searched.
func (t *test) undecided(e session.Event) {
	if !t.states[e.Cause] {
		t.states[e.Cause] = true
		t.notes = append(t.notes, e.Text)
	}
	if !e.Open {
		return
	}
	if t.abandoned++; e.N == 0 || t.abandoned == maxGivenUp {
		t.ends(givenUp)
	}
}
