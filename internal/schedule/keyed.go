package schedule

import (
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/jostle-dev/jostle/internal/engine"
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
	Runs     uint64 // Preempt, Next: the path of the goroutine that goes on
	Held     bool   // Preempt: the one that was asked is held back until nothing else can run
	Case     int    // Case: the number of the select's case, in source order; Moment: 1
	Note     string // for people: who, where, what; it is not compared
}

// A Question identifies a question of an execution.
type Question struct {
	Kind engine.QuestionKind
	Path uint64 // of the goroutine that is asked, see paths; 0 for nobody
	Site uint64 // engine.Site.Key of the sync point; 0 for none
	Nth  int    // how often the same was asked before
}

// A Recorder is a strategy that answers like another and notes each departure from the plain run.
type Recorder struct {
	Departures Keyed
	Asked      int // questions so far
	Who        int // of these, questions of who runs

	inner engine.Strategy
	keys  keys
}

// NewRecorder returns a Recorder of one execution under inner.
func NewRecorder(inner engine.Strategy) *Recorder { return &Recorder{inner: inner} }

// Choose is engine.Strategy.
func (r *Recorder) Choose(q *engine.Question) int {
	r.Asked++
	if q.Kind == engine.Preempt || q.Kind == engine.Next {
		r.Who++
	}
	key := r.keys.of(q)
	c := r.inner.Choose(q)
	if c == 0 {
		return 0
	}
	d := Departure{Question: key}
	switch q.Kind {
	case engine.Preempt, engine.Next:
		var t *engine.Task
		t, d.Held = q.Runs(c)
		d.Runs = r.keys.path(q.Tasks(), t)
		d.Note = fmt.Sprintf("%s%s goes on", asked(q), t.Title())
		if d.Held {
			d.Note += ", the other when nothing else can"
		}
	case engine.Case:
		d.Case = q.CaseOf(c)
		d.Note = fmt.Sprintf("%scase %d is taken", asked(q), d.Case)
	case engine.Moment:
		d.Case = c
		d.Note = "sleepers wake before a timer fires"
		if q.Task != nil {
			d.Note = asked(q) + "time passes first"
		}
	}
	r.Departures = append(r.Departures, d)
	return c
}

// asked says for people who was asked, and where.
func asked(q *engine.Question) string {
	if q.Task == nil {
		return ""
	}
	var b strings.Builder
	b.WriteString(q.Task.Title())
	when := map[engine.QuestionKind]string{engine.Preempt: " before ", engine.Next: " waits in ", engine.Case: " at ", engine.Moment: " is held back before "}[q.Kind]
	switch {
	case q.Op == engine.OpExit:
		b.WriteString(" has ended")
	case q.Site == nil:
		fmt.Fprintf(&b, "%s%s", when, q.Op)
	default:
		what := q.Op.String()
		if q.Site.Expr != "" {
			what += " " + q.Site.Expr
		}
		file := q.Site.File[strings.LastIndexAny(q.Site.File, `/\`)+1:]
		fmt.Fprintf(&b, "%s%s (%s:%d)", when, what, file, q.Site.Line)
	}
	b.WriteString(": ")
	return b.String()
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
	case engine.Preempt, engine.Next:
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
	case engine.Moment:
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

// keys computes the keys of an execution's questions.
type keys struct {
	paths  []uint64         // by task
	spawns map[spawn]int    // how often a goroutine has passed a go statement
	counts map[Question]int // how often a question was asked
}

type spawn struct {
	parent uint64
	site   uint64
}

// of returns the key of q, which must be asked for once for each question.
func (ks *keys) of(q *engine.Question) Question {
	if ks.counts == nil {
		ks.counts = map[Question]int{}
	}
	key := Question{Kind: q.Kind, Path: ks.path(q.Tasks(), q.Task), Site: q.Site.StableKey()}
	n := ks.counts[key]
	ks.counts[key] = n + 1
	key.Nth = n
	return key
}

// path identifies a goroutine in all executions of a program by the go statements that lead to it, each with the number
// of times that it was passed before by the goroutine that passed it.
func (ks *keys) path(tasks []*engine.Task, t *engine.Task) uint64 {
	if t == nil {
		return 0
	}
	if ks.spawns == nil {
		ks.spawns = map[spawn]int{}
	}
	for len(ks.paths) < len(tasks) {
		child := tasks[len(ks.paths)]
		s := spawn{site: child.Spawned.StableKey()}
		if child.Parent != nil {
			s.parent = ks.paths[child.Parent.ID-1]
		}
		n := ks.spawns[s]
		ks.spawns[s] = n + 1
		h := fnv.New64a()
		fmt.Fprint(h, s.parent, s.site, n)
		ks.paths = append(ks.paths, h.Sum64())
	}
	return ks.paths[t.ID-1]
}
