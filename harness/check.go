package harness

import (
	"fmt"
	"hash/fnv"
	"testing"
	"time"

	"github.com/jostle-dev/jostle/internal/schedule"
)

// Check runs body under many schedules: first the plain one, then random ones, always the same unless -jostle.seed says
// otherwise. It fails t at the first finding, with a schedule from which everything was taken that the finding does not
// need, and the command that runs that one alone.
//
// There is one execution at a time in a process: Check is not for tests that run in parallel.
func Check(t testing.TB, body func(T), options ...Option) {
	t.Helper()
	requireInstrumented(t)
	c := configure(options)
	r := newRunner(t)
	if flags.schedule.given {
		c.conclude(t, r.run(schedule.NewReader(flags.schedule.bytes), body), flags.schedule.bytes)
		return
	}
	out := r.run(schedule.NewReader(nil), body)
	rnd := newRandom(flags.seed ^ hash(t.Name()))
	var sched []byte
	for i := 1; i < c.schedules && !out.Found(); i++ {
		w := &walk{rnd: rnd, rate: 1 << (i % 7)}
		if out = r.run(w, body); out.Found() {
			out, sched = r.shrink(out, w.answers, body)
		}
	}
	c.conclude(t, out, sched)
}

func (c *config) conclude(t testing.TB, out outcome, sched []byte) {
	t.Helper()
	replay := fmt.Sprintf("%s go test -run '^%s$' -jostle.schedule=%x .", instrumentFirst, t.Name(), sched)
	w := wanted{want: c.want}
	switch {
	case w.saw(out.Verdict):
		t.Log(out.render(replay, sched))
	case c.want != nil && !out.Found():
		t.Fatalf("jostle: none of %d schedules ended in a %s, which this test is there to find", c.schedules, c.want.kind)
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

// A walk is a strategy that answers at random, and keeps its answers. With rate 1 all answers are equally likely; with a
// higher one only one question in rate is answered so, and the others plainly.
type walk struct {
	rnd     random
	rate    int
	answers []int
}

func (w *walk) Choose(n int) int {
	c := 0
	if w.rnd.intn(w.rate) == 0 {
		c = w.rnd.intn(n)
	}
	w.answers = append(w.answers, c)
	return c
}

// Bounds on shrinking.
const (
	shrinkRuns = 2_000
	shrinkTime = 3 * time.Second
)

// shrink returns a schedule with as few departures from the plain run as it can find that ends like out, the outcome of
// answers, and its outcome.
func (r *runner) shrink(out outcome, answers []int, body func(T)) (outcome, []byte) {
	end := time.Now().Add(shrinkTime)
	runs := 0
	// without tries answers without those in [from, to) and keeps the change if the verdict stays.
	without := func(from, to int) bool {
		changed := false
		trial := append([]int(nil), answers...)
		for i := from; i < to; i++ {
			changed = changed || trial[i] != 0
			trial[i] = 0
		}
		if !changed || runs >= shrinkRuns || time.Now().After(end) {
			return false
		}
		runs++
		o := r.run(schedule.NewReader(schedule.Encode(trial)), body)
		if o.Kind != out.Kind || o.Rule != out.Rule {
			return false
		}
		out, answers = o, trial
		return true
	}
	for size := len(answers); size >= 1; size /= 2 {
		for to := len(answers); to > 0; to -= size {
			without(max(to-size, 0), to)
		}
	}
	sched := schedule.Encode(answers)
	// What the report shows is what the bytes give.
	return r.run(schedule.NewReader(sched), body), sched
}
