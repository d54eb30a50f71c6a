package enginetest

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jostle-dev/jostle/internal/access"
	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/goroutines"
	"github.com/jostle-dev/jostle/internal/trace"
)

// A Program is a row of a table of programs and of what Go says they can do.
type Program struct {
	Name string
	Body func(*Log)
	Want []string // the outcomes: each can be reached, and no other

	// Departures bounds the exploration, see Outcomes; 0 means All.
	Departures int

	// Virtual says that the program is too slow, or too finely timed, for the real clock: without the engine it runs in
	// a bubble.
	Virtual bool

	// Controlled says that the program is nothing to run without the engine: it races, say, or polls a clock that stands.
	Controlled bool

	// Races says that the program has a data race. The race detector must report nothing of any other.
	Races bool
}

// runs is how often a program is run without the engine.
const runs = 20

// RunPrograms checks each program in a subtest: it has the wanted outcomes under the engine, all of them, and no other
// without it. With the race detector it is run under the engine only, and under fewer schedules.
func RunPrograms(t *testing.T, programs []Program) {
	for _, p := range programs {
		t.Run(p.Name, func(t *testing.T) {
			departures := p.Departures
			if departures == 0 {
				departures = All
			}
			if engine.Race && p.Races {
				t.Skip("it has a data race")
			}
			if engine.Race {
				p.raced(t, min(departures, raceDepartures))
				return
			}
			want := slices.Clone(p.Want)
			slices.Sort(want)
			if got := Outcomes(t, departures, p.Body); !slices.Equal(got, want) {
				t.Errorf("the outcomes are %q, and not %q", got, want)
			}
			p.native(t)
		})
	}
}

// raceDepartures bounds the exploration with the race detector, which makes it some times slower. What is ordered with what differs with who came
// first; which outcomes there are is shown without it.
const raceDepartures = 2

// raced runs the program under the race detector, which ends it if something is not ordered. It has no outcome but the wanted.
func (p *Program) raced(t *testing.T, departures int) {
	for _, got := range Outcomes(t, departures, p.Body) {
		if !slices.Contains(p.Want, got) {
			t.Errorf("an outcome is %q, and none of %q", got, p.Want)
		}
	}
}

// plainRuns is how often a program is recorded, and then run with sync points at its plain accesses that may race.
const plainRuns, recordings = 200, 20

// RunPlain checks each program in a subtest: it has no outcome but the wanted while its plain accesses that may race are sync points. The
// engine must be told of these, see engine.Watch.
func RunPlain(t *testing.T, programs []Program) {
	for _, p := range programs {
		t.Run(p.Name, func(t *testing.T) {
			x, rec := new(engine.Execution), access.NewRecorder()
			limits := engine.Limits{Steps: maxSteps, Record: rec}
			walk := &walk{rand.New(rand.NewPCG(1, 1))}
			execute := func() {
				var log Log
				snap := Run(t, x, walk, limits, func() { p.Body(&log) })
				if got := strings.TrimSpace(log.String() + " " + Ending(snap)); !slices.Contains(p.Want, got) {
					t.Fatalf("an outcome is %q, and none of %q", got, p.Want)
				}
			}
			for range recordings {
				execute()
			}
			limits.Record = nil
			for _, pair := range rec.Pairs() {
				limits.Places = append(limits.Places, x.Accessed(pair.A), x.Accessed(pair.B))
			}
			for _, n := range rec.Spins() {
				limits.Places = append(limits.Places, x.Accessed(n))
			}
			t.Logf("%d places", len(limits.Places))
			for range plainRuns {
				execute()
			}
		})
	}
}

// A walk makes one decision in four by chance, and holds back each second goroutine that comes to a plain access.
type walk struct{ *rand.Rand }

// Choose is engine.Strategy.
func (w *walk) Choose(q *engine.Question) int {
	switch {
	case q.Kind == engine.Preempt && (q.Op == trace.OpLoad || q.Op == trace.OpStore) && w.IntN(2) == 0:
		others := (q.N - 1) / 2
		return 1 + others + w.IntN(others)
	case w.IntN(4) == 0:
		return w.IntN(q.N)
	}
	return 0
}

// RunNative checks in a subtest each that programs have no outcome but the wanted without the engine. That is how a table
// is checked against Go itself.
func RunNative(t *testing.T, programs []Program) {
	for _, p := range programs {
		t.Run(p.Name, p.native)
	}
}

// native runs the program as plain Go, if no outcome is one that Go ends the process for.
func (p *Program) native(t *testing.T) {
	if p.Controlled || slices.ContainsFunc(p.Want, fatal) {
		return
	}
	run := native
	if p.Virtual {
		run = bubble
	}
	for i := range runs {
		if got := run(t, i%2 == 1, p.Body); !slices.Contains(p.Want, got) {
			t.Fatalf("without the engine the outcome is %q, and none of %q", got, p.Want)
		}
	}
}

// fatal reports whether an outcome would end the process, or go on for ever.
func fatal(outcome string) bool {
	return strings.HasSuffix(outcome, "hang") || strings.Contains(outcome, "panic: ")
}

// bubble runs body as plain Go on the virtual clock of a bubble, until all that it has started has ended.
func bubble(t *testing.T, _ bool, body func(*Log)) string {
	t.Helper()
	var log Log
	synctest.Test(t, func(*testing.T) {
		go body(&log)         // not here: it may exit its goroutine
		time.Sleep(time.Hour) // the clock stands when this ends
	})
	return log.String()
}

// native runs body as plain Go, and waits until it and all that it has started have ended.
func native(t *testing.T, late bool, body func(*Log)) string {
	t.Helper()
	before := running()
	log := Log{late: late}
	go body(&log) // not here: it may exit its goroutine
	started := func(id string) bool { return !slices.Contains(before, id) }
	// A pause, and not a yield: who looks whether all others rest, as Resting does, must find this goroutine at rest too.
	for start := time.Now(); slices.ContainsFunc(running(), started); time.Sleep(100 * time.Microsecond) {
		if time.Since(start) > 10*time.Second {
			t.Fatal("goroutines are left")
		}
	}
	return log.String()
}

// running returns the names of all goroutines of the process, "goroutine 7" say.
func running() []string {
	var ids []string
	for _, stack := range goroutines.Stacks() {
		id, _, _ := strings.Cut(stack, " [")
		ids = append(ids, id)
	}
	return ids
}
