package worker

import (
	"fmt"
	"hash/fnv"
	"slices"
	"testing"
	"time"

	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/internal/strategy"
)

// Check runs body under many schedules, as harness.Check says.
func Check(t testing.TB, body func(testing.TB), c Config) {
	t.Helper()
	requireInstrumented(t)
	if flags.schedules > 0 {
		c.Schedules = flags.schedules
	}
	r := newRunner(t, c)
	if flags.schedule.given {
		c.conclude(t, r.run(schedule.NewReader(flags.schedule.bytes), body), flags.schedule.bytes)
		return
	}
	seed := flags.seed ^ hash(t.Name())
	rnd, steer := strategy.NewSource(seed), newSteering(seed)
	r.keep = true
	rec := schedule.NewRecorder(strategy.Plain{})
	out := r.run(rec, body)
	steer.learn(out)
	asked, random := rec.Asked, 1
	for i := 1; i < c.Schedules && !out.Found(); i++ {
		s, _ := steer.next()
		if r.keep = s == nil && learns(random); s == nil {
			// Many hangs need few departures and are missed where there are many; others need several close together.
			// One departure leads to questions that the plain run does not come to.
			s = schedule.NewReader(schedule.Random(rnd.Intn, asked+asked/2+4, 1<<(random%7)))
			random++
		}
		rec = schedule.NewRecorder(s)
		if out = r.run(rec, body); r.keep {
			steer.learn(out)
		}
		asked = max(asked, rec.Asked)
	}
	answers := rec.Answers()
	if out.Found() {
		out, answers = r.shrink(out, answers, body)
	}
	c.conclude(t, out, schedule.Encode(answers))
}

func (c Config) conclude(t testing.TB, out outcome, sched []byte) {
	t.Helper()
	replay := fmt.Sprintf("%s -run '%s' -jostle.schedule=%x %s", goTest(), runPattern(t.Name()), sched, thisPackage())
	w := wanted{want: c.Want}
	switch {
	case w.saw(out.Verdict):
		t.Log(out.render(replay, sched))
	case c.Want != nil && !out.Found():
		t.Fatalf("jostle: none of %d schedules ended in a %s, which this test is there to find", c.Schedules, c.Want.Kind)
	default:
		out.conclude(t, replay, sched)
	}
}

// hash makes a number of a test's name, so that not all tests of a package try the same schedules.
func hash(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}

// Bounds on shrinking.
const (
	shrinkRuns = 2_000
	shrinkTime = 3 * time.Second
)

// shrink returns the outcome of an execution that ends like out, which departed from the plain run by these answers, and what
// is left of them: as few as it can find.
func (r *runner) shrink(out outcome, answers []schedule.Answer, body func(testing.TB)) (outcome, []schedule.Answer) {
	r.keep = false
	end := time.Now().Add(shrinkTime)
	runs := 0
	for size := len(answers); size >= 1; size /= 2 {
		for to := len(answers); to > 0; to = min(to-size, len(answers)) {
			if runs >= shrinkRuns || time.Now().After(end) {
				return out, answers
			}
			runs++
			rec := schedule.NewRecorder(schedule.NewReader(schedule.Encode(slices.Concat(answers[:max(to-size, 0)], answers[to:]))))
			if o := r.run(rec, body); o.Kind == out.Kind && o.Rule == out.Rule && len(rec.Answers()) < len(answers) {
				out, answers = o, rec.Answers() // without those that it did not come to
			}
		}
	}
	return out, answers
}
