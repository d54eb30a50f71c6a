package worker

import (
	"os"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/finding"
	"github.com/jostle-dev/jostle/internal/schedule"
)

// kept is s, recorded if the plan has it so.
func (e *explorer) kept(s engine.Strategy) engine.Strategy {
	if e.plan.Record == "" {
		return s
	}
	return e.recorded(s)
}

// recorded is s, with each departure appended to a file before it takes effect: an execution that ends its process leaves
// no other trace. What was there of an execution before is of no use.
func (e *explorer) recorded(s engine.Strategy) engine.Strategy {
	f, err := os.OpenFile(e.plan.Record, os.O_WRONLY|os.O_TRUNC|os.O_CREATE, 0o644)
	if err != nil {
		e.err = err
		return s
	}
	rec := schedule.NewRecorder(s)
	return engineFunc(func(q *engine.Question) int {
		n := rec.Made()
		c := rec.Choose(q)
		if rec.Made() > n {
			_, _ = f.WriteString(rec.Departures(n).Text())
		}
		return c
	})
}

// engineFunc is a function as a strategy.
type engineFunc func(*engine.Question) int

func (f engineFunc) Choose(q *engine.Question) int { return f(q) }

// recordDelays returns a function that writes the delays of a run to a file as they begin, and begins with none: of a run
// that ends its process nothing else is left.
func recordDelays(name string) func(engine.Delay) {
	_ = os.Remove(name)
	return func(d engine.Delay) {
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
		if err != nil {
			return // the seed is left, which says the same less exactly
		}
		defer file.Close()
		made := finding.Delays{Made: []finding.Delay{delayOf(d)}}
		_, _ = file.WriteString(made.Text()) // one write: the line is there whole or not at all
	}
}
