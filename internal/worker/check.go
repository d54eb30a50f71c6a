package worker

import (
	"fmt"
	"hash/fnv"
	"sync"
	"testing"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/predict"
	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/internal/search"
	"github.com/jostle-dev/jostle/internal/strategy"
)

// Check runs a body under many schedules, as harness.Check says.
func (p *Process) Check(t testing.TB, run func(testing.TB), c Config) {
	t.Helper()
	p.requireInstrumented(t)
	if engine.Self() != nil || p.live.Load() {
		p.takePart(t, run, c)
		return
	}
	if p.flags.schedules > 0 {
		c.Schedules = p.flags.schedules
	}
	r := p.newBodyRunner(t, &body{t, run}, c)
	if s := p.flags.schedule; s.given {
		out := onSockets(func() outcome { return r.run(schedule.NewReader(s.bytes)) })
		out.story = r.story(out, s.bytes)
		p.concludeCheck(t, c, out, s.bytes)
		return
	}
	seed := p.flags.seed ^ hash(t.Name())
	engine.OfMachine = false
	k := &checker{runner: r}
	k.search(search.Options{Seed: seed, Schedules: max(c.Schedules, 1), Spelt: true, Cancel: c.Cancel, Faults: c.Faults})
	out, answers := k.out, k.rec.Answers()
	if out.Found() {
		answers, out = k.shrink()
		out.story = k.story(out, schedule.Encode(answers))
	}
	p.concludeCheck(t, c, out, schedule.Encode(answers))
}

// takePart runs the body of a Check in the execution, or the live run, of the test that calls it. Schedules are not its own then, and
// what becomes of it is said of that test.
func (p *Process) takePart(t testing.TB, run func(testing.TB), c Config) {
	t.Helper()
	if c.Want != nil {
		t.Skipf("jostle: this Check is there to find a %s: run it with go test", c.Want.Kind)
	}
	p.parts.add(c.Ignore)
	run(t)
}

// parts are the Checks in an execution or a live run.
type parts struct {
	mu     sync.Mutex
	ignore []program.Ignore
}

func (p *parts) add(ignore []program.Ignore) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ignore = append(p.ignore, ignore...)
}

// take returns what they say is not a finding, and forgets it.
func (p *parts) take() []program.Ignore {
	p.mu.Lock()
	defer p.mu.Unlock()
	ignore := p.ignore
	p.ignore = nil
	return ignore
}

// A checker runs a body under many schedules.
type checker struct {
	*runner
	rec *schedule.Recorder // of the last execution
	out outcome            // of it
}

// search runs executions until one finds something.
func (k *checker) search(o search.Options) {
	s, detector := search.New(o), predict.NewDetector()
	for x, more := s.Next(); more; x, more = s.Next() {
		plain, _ := k.step(x).(*strategy.Profiler)
		if k.out.Found() {
			return
		}
		if plain != nil {
			s.Measures = measures(k.out, k.rec, plain)
		}
		s.Observe(k.predictions(detector, k.out))
	}
}

// step runs an execution, and returns its strategy.
func (k *checker) step(x search.Execution) strategy.Strategy {
	k.limits.Keep = x.Learns()
	s := x.Strategy()
	k.rec = schedule.NewRecorder(s)
	k.out = k.run(k.rec)
	if k.out.lacking != "" && !engine.OfMachine {
		engine.OfMachine = true
		return k.step(x)
	}
	return s
}

// shrink returns as few departures as it can find with which an execution ends like the last one, and the outcome of that.
func (k *checker) shrink() ([]schedule.Answer, outcome) {
	k.limits.Keep = false
	return shrink(shrinkLongest, k.rec.Answers(), k.out, nil, func(answers []schedule.Answer) ([]schedule.Answer, outcome, bool) {
		rec := schedule.NewRecorder(schedule.NewReader(schedule.Encode(answers)))
		out := k.run(rec)
		return rec.Answers(), out, out.Kind == k.out.Kind && out.Rule == k.out.Rule
	})
}

// concludeCheck passes on what a Check has come to.
func (p *Process) concludeCheck(t testing.TB, c Config, out outcome, sched []byte) {
	t.Helper()
	replay := func() string {
		return fmt.Sprintf("%s -run '%s' -jostle.schedule=%x %s", p.goTest(), runPattern(t.Name()), sched, p.thisPackage())
	}
	w := wanted{Process: p, want: c.Want}
	switch {
	case w.saw(out.Verdict):
		t.Log(p.render(out, replay(), sched))
	case c.Want != nil && !out.Found():
		t.Fatalf("jostle: none of %d schedules ended in a %s, which this test is there to find", c.Schedules, c.Want.Kind)
	default:
		p.conclude(t, out, replay, sched)
	}
}

// hash makes a number of a test's name, so that not all tests of a package try the same schedules.
func hash(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}
