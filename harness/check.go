package harness

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"testing"
	"time"

	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/internal/strategy"
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
	r.cancel = c.cancel
	if flags.schedule.given {
		c.conclude(t, r.run(schedule.NewReader(flags.schedule.bytes), body), flags.schedule.bytes)
		return
	}
	var sched []byte
	reader := schedule.NewReader(sched)
	out := r.run(reader, body)
	asked := reader.Asked()
	rnd := strategy.NewSource(flags.seed ^ hash(t.Name()))
	for i := 1; i < c.schedules && !out.Found(); i++ {
		// Many hangs need few departures and are missed where there are many; others need several close together.
		// One departure leads to questions that the plain run does not come to.
		sched = schedule.Random(rnd.Intn, asked+asked/2+4, 1<<(i%7))
		reader = schedule.NewReader(sched)
		if out = r.run(reader, body); out.Found() {
			out, sched = r.shrink(out, sched, body)
		}
		asked = max(asked, reader.Asked())
	}
	c.conclude(t, out, sched)
}

func (c *config) conclude(t testing.TB, out outcome, sched []byte) {
	t.Helper()
	replay := fmt.Sprintf("%s -run '%s' -jostle.schedule=%x .", goTest(), runPattern(t.Name()), sched)
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

// Bounds on shrinking.
const (
	shrinkRuns = 2_000
	shrinkTime = 3 * time.Second
)

// shrink returns the outcome and the schedule of an execution that ends like out, which came from sched, with as few
// departures from the plain run as it can find.
func (r *runner) shrink(out outcome, sched []byte, body func(T)) (outcome, []byte) {
	end := time.Now().Add(shrinkTime)
	runs := 0
	try := func(trial []byte) bool {
		if runs >= shrinkRuns || time.Now().After(end) {
			return false
		}
		runs++
		o := r.run(schedule.NewReader(trial), body)
		if o.Kind != out.Kind || o.Rule != out.Rule {
			return false
		}
		out, sched = o, trial
		return true
	}
	for size := len(sched); size >= 1; size /= 2 {
		for to := len(sched); to > 0; to -= size {
			from := max(to-size, 0)
			if bytes.Count(sched[from:to], []byte{0}) == to-from {
				continue
			}
			trial := bytes.Clone(sched)
			clear(trial[from:to])
			try(trial)
		}
	}
	try(bytes.TrimRight(sched, "\x00"))
	return out, sched
}
