package strategy_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/internal/strategy"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/perturb"
)

var sites = [...]perturb.Site{
	{File: "x.go", Line: 1, Key: 1}, {File: "x.go", Line: 2, Key: 2}, {File: "x.go", Line: 3, Key: 3}, {File: "x.go", Line: 4, Key: 4},
}

// transfer hangs if one of two goroutines is preempted between its locks: a bug of depth 2.
func transfer() {
	var a, b sync.Mutex
	var wg sync.WaitGroup
	both := func(first, second *sync.Mutex) func() {
		return func() {
			perturb.MutexLock(first, &sites[0])
			perturb.MutexLock(second, &sites[1])
			perturb.MutexUnlock(second, &sites[2])
			perturb.MutexUnlock(first, &sites[2])
		}
	}
	perturb.WaitGroupGo(&wg, both(&a, &b), &sites[3])
	perturb.WaitGroupGo(&wg, both(&b, &a), &sites[3])
	perturb.WaitGroupWait(&wg, &sites[3])
}

func execute(t *testing.T, s engine.Strategy, body func()) *trace.Snapshot {
	t.Helper()
	return enginetest.Run(t, new(engine.Execution), s, engine.Limits{}, body)
}

const executions = 400

// asked is how many questions of who runs transfer's plain run has.
func asked(t *testing.T) int {
	t.Helper()
	rec := schedule.NewRecorder(strategy.Plain{})
	assert.Equal(t, trace.AllEnded, execute(t, rec, transfer).Quiet, "the plain run does not hang")
	return rec.Who
}

func mix(seed uint64, asked int) *strategy.Mix { return &strategy.Mix{Seed: seed, Asked: asked} }

func hangs(t *testing.T, of func(n int) engine.Strategy) int {
	t.Helper()
	hangs := 0
	for n := range executions {
		if execute(t, of(n), transfer).Quiet == trace.Proved {
			hangs++
		}
	}
	t.Logf("%d of %d", hangs, executions)
	return hangs
}

// The paper's bound for a bug of depth 2 among 3 goroutines and k steps is 1/(3k).
func TestPCT(t *testing.T) {
	k := asked(t)
	got := hangs(t, func(n int) engine.Strategy { return strategy.NewPCT(strategy.NewSource(uint64(n)), 2, k) })
	assert.GreaterOrEqual(t, got, executions/(3*k))
	assert.Zero(t, hangs(t, func(n int) engine.Strategy { return strategy.NewPCT(strategy.NewSource(uint64(n)), 1, k) }),
		"without a change point nobody is preempted between two locks")
}

func TestRandomWalk(t *testing.T) {
	often := hangs(t, func(n int) engine.Strategy { return strategy.NewRandomWalk(strategy.NewSource(uint64(n)), 2) })
	seldom := hangs(t, func(n int) engine.Strategy { return strategy.NewRandomWalk(strategy.NewSource(uint64(n)), 64) })
	assert.Greater(t, often, executions/10)
	assert.Greater(t, seldom, 0)
	assert.Less(t, seldom, often/2)
}

// Mix begins with the plain run, finds with what comes then, and is the same for the same seed.
func TestMix(t *testing.T) {
	k := asked(t)
	assert.Equal(t, strategy.Plain{}, mix(1, k).Execution(0))
	assert.Greater(t, hangs(t, func(n int) engine.Strategy { return mix(7, k).Execution(n) }), executions/20)
	for n := range 30 {
		first := execute(t, mix(3, k).Execution(n), transfer)
		assert.Equal(t, first.Hash, execute(t, mix(3, k).Execution(n), transfer).Hash, "execution %d", n)
	}
}

// What was recorded plays, step for step, and still does where other goroutines are there that it does not know.
func TestRecordAndPlay(t *testing.T) {
	k := asked(t)
	for n := range executions {
		rec := schedule.NewRecorder(mix(5, k).Execution(n))
		first := execute(t, rec, transfer)
		kept, err := schedule.ParseKeyed(rec.Departures(0).Text())
		assert.NoError(t, err)
		player := schedule.NewPlayer(kept)
		again := execute(t, player, transfer)
		assert.Equal(t, first.Hash, again.Hash, "execution %d", n)
		assert.Empty(t, player.Missed(kept))

		player = schedule.NewPlayer(kept)
		edited := execute(t, player, func() {
			transfer()
			perturb.Go(func() {}, &perturb.Site{Key: 9})
		})
		assert.Equal(t, first.Quiet, edited.Quiet, "execution %d", n)
		assert.Empty(t, player.Missed(kept))
	}
}

// A departure at a sync point that is no longer there is missed, and said to be.
func TestMissed(t *testing.T) {
	k := schedule.Keyed{{Question: schedule.Question{Kind: engine.Preempt, Path: 1, Site: 2, Nth: 3}, Runs: 4}}
	player := schedule.NewPlayer(k)
	assert.Equal(t, trace.AllEnded, execute(t, player, transfer).Quiet)
	assert.Equal(t, k, player.Missed(k))
}

// One sync point may be asked about twice, before its operation and after it: a departure says which it is, and plays as that.
func TestRecordAndPlayAfter(t *testing.T) {
	unlock := perturb.Site{File: "x.go", Line: 5, Key: 5, Op: trace.OpUnlock, Kind: trace.Mutex, Name: "MutexUnlock", Expr: "mu", After: trace.Plain}
	shows := func() {
		var mu sync.Mutex
		var wg sync.WaitGroup
		for range 2 {
			perturb.WaitGroupGo(&wg, func() {
				perturb.MutexLock(&mu, &sites[0])
				perturb.MutexUnlock(&mu, &unlock)
				perturb.MutexLock(&mu, &sites[1])
				perturb.MutexUnlock(&mu, &unlock)
			}, &sites[3])
		}
		perturb.WaitGroupWait(&wg, &sites[3])
	}
	k := asked(t)
	notes := map[string]bool{}
	for n := range executions {
		rec := schedule.NewRecorder(mix(11, k).Execution(n))
		first := execute(t, rec, shows)
		text := rec.Departures(0).Text()
		for _, note := range []string{" before unlock mu (x.go:5): ", " after unlock mu (x.go:5): "} {
			notes[note] = notes[note] || strings.Contains(text, note)
		}
		kept, err := schedule.ParseKeyed(text)
		assert.NoError(t, err)
		player := schedule.NewPlayer(kept)
		assert.Equal(t, first.Hash, execute(t, player, shows).Hash, "execution %d", n)
		assert.Empty(t, player.Missed(kept))
	}
	assert.Equal(t, map[string]bool{" before unlock mu (x.go:5): ": true, " after unlock mu (x.go:5): ": true}, notes)
}

// Where it is not known whether anything plain comes after a release, a random walk preempts less often, and PCT counts no
// step.
func TestDoubtful(t *testing.T) {
	preempted := func(after trace.Following) (times int, who int) {
		unlock := perturb.Site{File: "x.go", Line: 5, Key: 5, After: after}
		for n := range executions {
			rec := schedule.NewRecorder(strategy.NewRandomWalk(strategy.NewSource(uint64(n)), 2))
			snap := execute(t, rec, func() {
				for range 2 {
					perturb.Go(func() {
						var mu sync.Mutex
						for range 8 {
							perturb.MutexLock(&mu, &sites[1])
							perturb.MutexUnlock(&mu, &unlock)
						}
					}, &sites[0])
				}
			})
			times += strings.Count(rec.Departures(0).Text(), "after ")
			who = max(who, rec.Who)
			assert.Equal(t, trace.AllEnded, snap.Quiet)
		}
		return times, who
	}
	plain, whoPlain := preempted(trace.Plain)
	doubtful, whoDoubtful := preempted(trace.Returns)
	assert.Greater(t, plain, 2*doubtful)
	assert.NotZero(t, doubtful)
	assert.Greater(t, whoPlain, whoDoubtful)
}

// One question of the kind is answered with something, one of the first so many, and all others are another strategy's.
func TestOnce(t *testing.T) {
	const questions, runs = 10, 200
	at := map[int]bool{}
	for n := range uint64(runs) {
		source := strategy.NewSource(n)
		for kind, s := range map[engine.QuestionKind]strategy.Strategy{
			engine.Cancel: strategy.NewCancel(source, strategy.Plain{}, questions),
			engine.Broken: strategy.NewFault(source, strategy.Plain{}, questions),
		} {
			var made []int
			for i := range 2 * questions {
				assert.Zero(t, s.Choose(&engine.Question{Kind: engine.Next, N: 3}))
				if c := s.Choose(&engine.Question{Kind: kind, N: 4}); c != 0 {
					assert.Less(t, c, 4)
					made = append(made, i)
				}
			}
			require.Len(t, made, 1)
			at[made[0]] = true
		}
	}
	assert.Len(t, at, questions)
}
