package worker

import (
	"strings"
	"time"

	"github.com/jostle-dev/jostle/internal/contrast"
	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/finding"
	"github.com/jostle-dev/jostle/internal/report"
	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/internal/session"
	"github.com/jostle-dev/jostle/internal/strategy"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// storyTime bounds the time that the story of a finding takes.
var storyTime = 2 * time.Second

// Further bounds on what is tried for it.
const (
	storySlowest  = 50 * time.Millisecond // an execution that takes longer has no story,
	storyTries    = 3                     // each time that it is tried: other work may have the processors
	continuations = 48                    // of each beginning, at most
	fewLeft       = 10                    // questions after a beginning of which all continuations are tried,
	allTried      = 400                   // if there are no more of these than that
)

// A storyteller runs executions that begin like that of a finding, and continue differently: which of them pass says what the finding is
// due to.
type storyteller struct {
	run   func(engine.Strategy) outcome
	alone bool // nothing but the order of goroutines is up to a schedule
	leaks bool // a goroutine that is left is a finding
	found outcome
	end   time.Time

	said    []schedule.Said // of the finding's execution
	nearest []schedule.Said // of the one that passes and begins most like it; nil if none was seen
	lost    bool            // nothing more can be learnt: something stays in the process, or executions are not alike
}

// A story is what the executions of a storyteller have shown.
type story struct {
	passing schedule.Keyed     // the nearest execution that passes
	passes  bool               // there is one
	since   finding.Inevitable // since when no execution passes
	told    *report.Story      // for readers
}

// An end is what an execution of a storyteller has come to.
type end int

const (
	unclear end = iota
	well
	badly
)

// storyOf returns the story of an execution that ended as out says under the schedule that again returns; nil if it has none.
func (r *runner) storyOf(out outcome, leaks bool, again func() engine.Strategy) *story {
	if !tellable(out) {
		return nil
	}
	t := &storyteller{run: r.run, alone: !r.limits.Cancel && !r.limits.Faults, leaks: leaks, found: out, end: time.Now().Add(storyTime)}
	for tries := 1; ; tries++ {
		began := time.Now()
		script := schedule.NewTranscript(again())
		if same := r.run(script); same.Hash != out.Hash || same.stays() {
			return nil
		}
		if time.Since(began) <= storySlowest {
			t.said = script.Said
			break
		}
		if tries == storyTries {
			return nil
		}
	}
	from, tried, all, ok := t.inevitable()
	if !ok {
		return nil
	}
	s := &story{since: finding.Inevitable{Tried: tried, All: all}}
	if from > 0 {
		s.since.Step = t.said[from-1].Done + 1
		if s.passing, s.passes = t.simplest(from - 1); !s.passes {
			return nil
		}
	}
	if s.told = r.retell(out, s); s.told == nil || r.run(again()).Hash != out.Hash {
		return nil
	}
	return s
}

// tellable reports whether other schedules say something of what an execution has ended in.
func tellable(out outcome) bool {
	return out.snap != nil && !out.stays() && out.Found() && out.Kind != verdict.Race && out.Kind != verdict.Stall && len(out.Steps) == out.Total
}

// retell runs the execution of a story that passes, and returns what readers are told; nil if it does not pass.
func (r *runner) retell(out outcome, s *story) *report.Story {
	told := &report.Story{Step: s.since.Step, Tried: s.since.Tried, All: s.since.All}
	if !s.passes {
		return told
	}
	trace := r.limits.Trace
	r.limits.Trace = true
	passing := r.run(schedule.NewPlayer(s.passing))
	r.limits.Trace = trace
	if !passing.avoids(out) || len(passing.Steps) != passing.Total {
		return nil
	}
	told.Passing = passing.Verdict
	told.Difference, _ = contrast.Of(runOf(out), runOf(passing), contrast.About{Objects: out.KnotObjects(), Tasks: out.KnotTasks(), Reads: r.reads})
	return told
}

func runOf(o outcome) contrast.Run {
	return contrast.Run{Steps: o.Steps, Tasks: o.Tasks, Objects: o.Objects}
}

// reads reports whether the atomic operation at a sync point, which is the only one of its line on that variable, changes nothing.
func (p *Process) reads(s *trace.Site) bool {
	lines := p.sources.lines(s.File)
	if s.Expr == "" || int(s.Line) > len(lines) {
		return false
	}
	line := lines[s.Line-1]
	return strings.Count(line, s.Expr+".") == 1 && strings.Contains(line, s.Expr+".Load(")
}

// passes reports whether an execution is one that passes, beyond doubt.
func (o outcome) passes() bool {
	return o.snap != nil && !o.Found() && o.certain()
}

// certain reports whether an execution ended by itself, and under control.
func (o outcome) certain() bool {
	return !o.Undecided && !o.cut && !o.stays() && !o.skipped && o.ignored.would == verdict.Pass && o.uncontrolled == ""
}

// avoids reports whether an execution is one that passes, or would without what it leaves behind, where the finding is another: a test that
// leaks under every schedule hangs or fails under some.
func (o outcome) avoids(found outcome) bool {
	if o.snap != nil && o.Kind == verdict.Leak && found.Kind != verdict.Leak && o.left() && !o.failed {
		return o.certain()
	}
	return o.passes()
}

// inevitable returns how many of the answers lead to where no continuation passes: the fewest that it can find. tried is how many
// continuations there were, and all whether there are no others. ok is false if it cannot be said.
func (t *storyteller) inevitable() (from, tried int, all, ok bool) {
	lo, hi := 0, len(t.said)
	tried, all = 1, true // where nothing is left to answer
	for {
		for lo < hi {
			k := (lo + hi) / 2
			shared, n := t.someWell(k)
			switch {
			case t.lost || t.spent():
				return 0, 0, false, false
			case n > 0:
				hi, tried, all = k, n, false
			default:
				lo = shared + 1
			}
		}
		if lo > hi { // an execution that begins like this one for longer, and passes
			hi, tried, all = len(t.said), 1, true
			continue
		}
		if all || !t.alone {
			return hi, tried, all, true
		}
		shared, n := t.allBadly(hi)
		switch {
		case t.lost:
			return 0, 0, false, false
		case shared >= 0:
			lo, hi, tried, all = shared+1, len(t.said), 1, true
			continue
		case n > 0:
			tried, all = n, true
		}
		return hi, tried, all, true
	}
}

func (t *storyteller) spent() bool { return time.Now().After(t.end) }

// someWell tries continuations of the first k answers until one does not end badly. shared is how many answers that one shares with the
// finding's. If all end badly, tried is how many there were.
func (t *storyteller) someWell(k int) (shared, tried int) {
	for i := range continuations {
		if t.spent() {
			return 0, 0
		}
		var then engine.Strategy = strategy.Plain{}
		if i > 0 {
			then = undisturbed{strategy.NewRandomWalk(strategy.NewSource(uint64(i)), everies[i%len(everies)])}
		}
		if shared, how := t.try(k, then); how != badly || t.lost {
			return shared, 0
		}
	}
	return 0, continuations
}

// everies are after how many sync points a random walk preempts, on average.
var everies = [...]int{2, 8, 1, 32}

// undisturbed is a strategy that decides about goroutines alone: it cancels no context, no connection fails, and random values are what
// they are.
type undisturbed struct{ engine.Strategy }

// Choose is engine.Strategy.
func (u undisturbed) Choose(q *engine.Question) int {
	if q.Kind == engine.Cancel || q.Kind == engine.Broken || q.Kind == engine.Random {
		return 0
	}
	return u.Strategy.Choose(q)
}

// allBadly tries all continuations of the first k answers, if those are few. shared is that of the first that does not end badly, or -1.
// If all end badly, tried is how many there are; it is 0 if they are too many.
func (t *storyteller) allBadly(k int) (shared, tried int) {
	var next []int
	for n := 1; n <= allTried && !t.spent(); n++ {
		script := schedule.NewTranscript(answers{&next})
		shared, how := t.try(k, undisturbed{script})
		if how != badly || t.lost {
			return shared, 0
		}
		if len(script.Said) > fewLeft {
			break
		}
		next = nil
		for i := len(script.Said) - 1; i >= 0 && next == nil; i-- {
			if s := script.Said[i]; s.Choice+1 < s.N {
				for _, before := range script.Said[:i] {
					next = append(next, before.Choice)
				}
				next = append(next, s.Choice+1)
			}
		}
		if next == nil {
			return -1, n
		}
	}
	return -1, 0
}

// answers is a strategy that gives the answers it has, and then the plain ones.
type answers struct{ left *[]int }

// Choose is engine.Strategy.
func (a answers) Choose(q *engine.Question) int {
	if len(*a.left) == 0 {
		return 0
	}
	c := (*a.left)[0]
	*a.left = (*a.left)[1:]
	return c % q.N
}

// try runs an execution with the first k answers, and others from then on.
func (t *storyteller) try(k int, then engine.Strategy) (shared int, how end) {
	prefix := schedule.NewPrefix(t.said[:k], then)
	script := schedule.NewTranscript(prefix)
	out := t.run(script)
	if prefix.Strayed || out.stays() {
		t.lost = true
		return 0, unclear
	}
	for shared < min(len(t.said), len(script.Said)) && script.Said[shared] == t.said[shared] {
		shared++
	}
	switch {
	case out.avoids(t.found):
		t.nearest = script.Said
		return shared, well
	case out.Found() && (t.leaks || !out.left() || out.failed):
		return shared, badly
	}
	return shared, unclear
}

// simplest returns the departures of an execution that passes and whose first k answers are the finding's, as few as it can find.
func (t *storyteller) simplest(k int) (schedule.Keyed, bool) {
	for c := range t.said[k].N {
		first := []int{c}
		if c == t.said[k].Choice {
			continue
		}
		if made, _, ok := t.passing(schedule.NewPrefix(t.said[:k], answers{&first})); ok {
			return made, true
		}
	}
	made, out, ok := t.passing(schedule.NewPrefix(t.nearest, strategy.Plain{}))
	if !ok {
		return nil, false
	}
	same := 0
	for _, s := range t.said[:k] {
		if s.Choice != 0 {
			same++
		}
	}
	// However many departures there are, it is not the finding.
	rest, _ := shrink(shrinkTime, made[same:], out, schedule.Join, func(rest schedule.Keyed) (schedule.Keyed, outcome, bool) {
		made, out, ok := t.passing(schedule.NewPlayer(append(made[:same:same], rest...)))
		return made[min(same, len(made)):], out, ok && len(made) >= same
	})
	return append(made[:same:same], rest...), true
}

func (t *storyteller) passing(s engine.Strategy) (made schedule.Keyed, out outcome, ok bool) {
	rec := schedule.NewRecorder(s)
	out = t.run(rec)
	return rec.Departures(0), out, out.avoids(t.found)
}

// story returns what there is to tell of an execution of a body under a schedule.
func (r *runner) story(out outcome, sched []byte) *report.Story {
	if s := r.storyOf(out, true, func() engine.Strategy { return schedule.NewReader(sched) }); s != nil {
		return s.told
	}
	return nil
}

// tellStory looks for the story of a finding, and adds it to its file.
func (e *explorer) tellStory(f *finding.Finding, out outcome) {
	if len(f.Schedule) == 0 {
		e.plain = f.Trace
	}
	if out.Hash != f.Trace || !e.clean() {
		return
	}
	e.expect([]uint64{f.Cause})
	s := e.storyOf(out, e.plan.Leaks, func() engine.Strategy { return schedule.NewPlayer(f.Schedule) })
	if s == nil || !e.clean() {
		return
	}
	f.Passing, f.Passes, f.Inevitable, out.story = s.passing, s.passes, s.since, s.told
	e.rewrite(f, out, session.Told)
}

// recall returns the story that a finding's file has; nil if it has none, or the executions are not what they were.
func (e *explorer) recall(f *finding.Finding, out outcome) *report.Story {
	if f.Inevitable.Tried == 0 || out.Hash != f.Trace || !tellable(out) {
		return nil
	}
	return e.retell(out, &story{passing: f.Passing, passes: f.Passes, since: f.Inevitable})
}
