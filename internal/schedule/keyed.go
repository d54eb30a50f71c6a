package schedule

import (
	"fmt"
	"strings"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/goroutines"
	"github.com/jostle-dev/jostle/internal/trace"
)

// Keyed is a schedule as the answers that depart from the plain run, each with the question that it answers. Questions
// are told apart by who is asked (the go statements that lead to the goroutine), at which sync point, and how often it
// was asked there before, so that a Keyed goes on to mean the same when code is edited that has nothing to do with it.
//
// A byte schedule is for a fuzzer, which must be able to change it blindly. A Keyed is for keeping.
type Keyed []Departure

// A Departure is one answer that is not the plain one.
type Departure struct {
	Question Question
	Runs     uint64 // Preempt, After, Next: the path of the goroutine that goes on
	Held     bool   // Preempt, After: the one that was asked is held back until nothing else can run
	Case     int    // Case: the number of the select's case, in source order; Moment: 1; Cancel: of the context, from 1; Broken: of the fault, from 1; Random: of the sequence
	Note     string // for people: who, where, what; it is not compared
}

// Join returns the departure that has the question of one and the answer of another, if both are about who runs.
func Join(first, last Departure) (Departure, bool) {
	return Departure{Question: first.Question, Runs: last.Runs, Held: first.Held}, first.Runs != 0 && last.Runs != 0
}

// A Question identifies a question of an execution.
type Question struct {
	Kind engine.QuestionKind
	Path uint64 // of the goroutine that is asked, see paths; 0 for nobody
	Site uint64 // trace.Site.Key of the sync point; 0 for none
	Nth  int    // how often the same was asked before
}

// A Recorder is a strategy that answers like another and notes each departure from the plain run.
type Recorder struct {
	Asked   int // questions so far
	Who     int // those of who runs, the doubtful ones not counted
	Cancels int // those of whether a context is cancelled
	Breaks  int // those of whether a connection fails

	inner   engine.Strategy
	keys    keys
	made    []made
	answers []Answer
}

// A made departure is one whose note is still to be written: nobody reads most of them.
type made struct {
	Departure
	op    trace.Op
	fault trace.Fault
	site  *trace.Site
	task  *engine.Task // that was asked
	runs  *engine.Task
}

// NewRecorder returns a Recorder of one execution under inner.
func NewRecorder(inner engine.Strategy) *Recorder { return &Recorder{inner: inner} }

// Reset makes r what NewRecorder returns, in the memory that it has.
func (r *Recorder) Reset(inner engine.Strategy) {
	clear(r.made) // they hold the tasks of an execution
	r.keys.reset()
	*r = Recorder{inner: inner, keys: r.keys, made: r.made[:0], answers: r.answers[:0]}
}

// Choose is engine.Strategy.
func (r *Recorder) Choose(q *engine.Question) int {
	if q.Kind != engine.Random { // which no Reader has a byte for
		r.Asked++
	}
	if q.Kind.Preempts() && !q.Doubtful() || q.Kind == engine.Next {
		r.Who++
	}
	switch q.Kind {
	case engine.Cancel:
		r.Cancels++
	case engine.Broken:
		r.Breaks++
	}
	key := r.keys.of(q)
	c := r.inner.Choose(q)
	if c == 0 {
		return 0
	}
	if q.Kind != engine.Random {
		r.answers = append(r.answers, Answer{r.Asked - 1, c})
	}
	r.made = append(r.made, made{})
	m := &r.made[len(r.made)-1]
	m.Question, m.op, m.site, m.task = key, q.Op, q.Site, q.Task
	switch q.Kind {
	case engine.Preempt, engine.After, engine.Next:
		m.runs, m.Held = q.Runs(c)
		m.Runs = r.keys.path(q.Tasks(), m.runs)
	case engine.Case:
		m.Case = q.CaseOf(c)
	case engine.Broken:
		m.Case, m.fault = c, q.FaultOf(c)
	case engine.Moment, engine.Cancel, engine.Random:
		m.Case = c
	}
	return c
}

// Made returns how many departures there were so far.
func (r *Recorder) Made() int { return len(r.made) }

// Answers returns the departures by the numbers of their questions, for Encode.
func (r *Recorder) Answers() []Answer { return r.answers }

// Departures returns the departures from the first-th on.
func (r *Recorder) Departures(first int) Keyed {
	var k Keyed
	for _, m := range r.made[first:] {
		m.Note = m.note()
		k = append(k, m.Departure)
	}
	return k
}

func (m *made) note() string {
	switch {
	case m.runs != nil && m.Held:
		return fmt.Sprintf("%s%s goes on, the other when nothing else can", m.asked(), goroutines.Title(m.runs.Identity()))
	case m.runs != nil:
		return fmt.Sprintf("%s%s goes on", m.asked(), goroutines.Title(m.runs.Identity()))
	case m.Question.Kind == engine.Case:
		return fmt.Sprintf("%scase %d is taken", m.asked(), m.Case)
	case m.Question.Kind == engine.Random:
		return fmt.Sprintf("random values are those of sequence %d", m.Case)
	case m.Question.Kind == engine.Cancel:
		return fmt.Sprintf("%scontext %d is cancelled", m.asked(), m.Case)
	case m.Question.Kind == engine.Broken:
		return m.asked() + happens(m.fault)
	case m.task != nil:
		return m.asked() + "time passes first"
	}
	return "sleepers wake before a timer fires"
}

// happens says what the network does.
func happens(f trace.Fault) string {
	switch f.Op {
	case trace.OpCut:
		return "the connection is cut"
	case trace.OpRefuse:
		return "the connection is refused"
	}
	return fmt.Sprintf("the connection stands still for %v", f.For)
}

// before is what stands in a note between who is asked and the operation.
var before = map[engine.QuestionKind]string{
	engine.Preempt: " before ", engine.After: " after ", engine.Next: " waits in ", engine.Case: " at ", engine.Moment: " is held back at ", engine.Cancel: " before ", engine.Broken: " at ",
}

// asked says who was asked, and where.
func (m *made) asked() string {
	if m.task == nil {
		return ""
	}
	what := before[m.Question.Kind] + m.op.String()
	switch {
	case m.op == trace.OpExit:
		what = " has ended"
	case m.site != nil:
		if m.site.Expr != "" {
			what += " " + m.site.Expr
		}
		file := m.site.File[strings.LastIndexAny(m.site.File, `/\`)+1:]
		what += fmt.Sprintf(" (%s:%d)", file, m.site.Line)
	}
	return goroutines.Title(m.task.Identity()) + what + ": "
}

// A Player is a strategy that answers from a Keyed, for one execution.
type Player struct {
	of     map[Question]Departure
	keys   keys
	missed map[Question]bool // were asked, and the answer was none of the alternatives
}

// NewPlayer returns a Player of k.
func NewPlayer(k Keyed) *Player {
	p := &Player{of: make(map[Question]Departure, len(k)), missed: map[Question]bool{}}
	for _, d := range k {
		p.of[d.Question] = d
	}
	return p
}

// Choose is engine.Strategy.
func (p *Player) Choose(q *engine.Question) int {
	key := p.keys.of(q)
	d, ok := p.of[key]
	if !ok {
		return 0
	}
	delete(p.of, key)
	if c := p.alternative(q, d); c > 0 {
		return c
	}
	p.missed[key] = true
	return 0
}

func (p *Player) alternative(q *engine.Question, d Departure) int {
	switch q.Kind {
	case engine.Preempt, engine.After, engine.Next:
		for i, t := range q.Runnable() {
			if p.keys.path(q.Tasks(), t) == d.Runs {
				if d.Held {
					i += (q.N - 1) / 2
				}
				return i
			}
		}
	case engine.Case:
		for i := range q.N {
			if q.CaseOf(i) == d.Case {
				return i
			}
		}
	case engine.Moment, engine.Cancel, engine.Broken, engine.Random:
		return min(d.Case, q.N-1)
	}
	return 0
}

// Missed returns the questions that did not come, or that did not have the answer: the program is another one, or has
// been ended before.
func (p *Player) Missed(k Keyed) Keyed {
	var out Keyed
	for _, d := range k {
		if _, left := p.of[d.Question]; left || p.missed[d.Question] {
			out = append(out, d)
		}
	}
	return out
}
