package enginetest

import (
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jostle-dev/jostle/internal/engine"

	"github.com/stretchr/testify/assert"
)

// A Program is a row of a table of programs and of what Go says they can do.
type Program struct {
	Name string
	Body func(*Log)
	Want []string // the outcomes: each can be reached, and no other

	// Departures bounds the exploration, see Outcomes; 0 means All.
	Departures int

	// Virtual says that the program is too slow, or too finely timed, for the real clock.
	Virtual bool
}

// runs is how often a program is run without the engine.
const runs = 20

// RunPrograms checks each program in a subtest: it has the wanted outcomes under the engine, all of them, and no other
// without it. That is how the table is checked against Go itself, if no outcome is one that Go ends the process for.
func RunPrograms(t *testing.T, programs []Program) {
	for _, p := range programs {
		t.Run(p.Name, func(t *testing.T) {
			departures := p.Departures
			if departures == 0 {
				departures = All
			}
			want := slices.Clone(p.Want)
			slices.Sort(want)
			assert.Equal(t, want, Outcomes(t, departures, p.Body))
			if p.Virtual || slices.ContainsFunc(want, fatal) {
				return
			}
			for range runs {
				assert.Contains(t, want, native(t, p.Body), "without the engine")
			}
		})
	}
}

// fatal reports whether an outcome would end the process, or go on for ever.
func fatal(outcome string) bool {
	return strings.HasSuffix(outcome, "hang") || strings.Contains(outcome, "panic: ")
}

// native runs body as plain Go, and waits until all that it has started has ended.
func native(t *testing.T, body func(*Log)) string {
	t.Helper()
	before := goroutines()
	var log Log
	body(&log)
	started := func(id string) bool { return !slices.Contains(before, id) }
	for start := time.Now(); slices.ContainsFunc(goroutines(), started); runtime.Gosched() {
		if time.Since(start) > 10*time.Second {
			t.Fatal("goroutines are left")
		}
	}
	return log.String()
}

// goroutines returns the names of all goroutines of the process, "goroutine 7" say.
func goroutines() []string {
	var ids []string
	for _, stack := range engine.Stacks() {
		id, _, _ := strings.Cut(stack, " [")
		ids = append(ids, id)
	}
	return ids
}
