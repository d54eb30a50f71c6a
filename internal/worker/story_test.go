package worker

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
	"github.com/jostle-dev/jostle/perturb"
)

// A report says what the nearest schedule that passes does first, and since when none does; of what fails under every schedule it says so.
func TestStory(t *testing.T) {
	defer func(d time.Duration) { storyTime = d }(storyTime)
	storyTime = time.Minute // how much is tried in less depends on the machine

	words := func(body func()) string {
		return strings.Join(strings.Fields(check(func(testing.TB) { body() }).text), " ")
	}
	said := words(func() {
		var a, b sync.Mutex
		perturb.Go(func() {
			perturb.MutexLock(&a, at(1, "a"))
			perturb.MutexLock(&b, at(2, "b"))
			perturb.MutexUnlock(&b, at(3, "b"))
			perturb.MutexUnlock(&a, at(4, "a"))
		}, at(5, "func"))
		perturb.MutexLock(&b, at(6, "b"))
		perturb.MutexLock(&a, at(7, "a"))
		perturb.MutexUnlock(&a, at(8, "a"))
		perturb.MutexUnlock(&b, at(9, "b"))
	})
	assert.Contains(t, said, "verdict=deadlock")
	assert.Regexp(t, `In the nearest run that passes, g\d locks (a|b) \(.*\) before g\d (locks (a|b)|does) \(.*\); here g\d is first, and g\d waits for ever\.`, said)
	assert.Regexp(t, `! from here on it can only end this way; in the run that passes, g\d runs here`, said)

	said = words(func() {
		var a sync.Mutex
		perturb.MutexLock(&a, at(1, "a"))
		perturb.MutexLock(&a, at(2, "a"))
	})
	assert.Contains(t, said, "It ends so under every schedule: there is only this one.")

	// The order of goroutines that only pass locks of their own does not save it, and not all orders can be tried.
	said = words(func() {
		var a sync.Mutex
		for range 4 {
			perturb.Go(func() {
				var own sync.Mutex
				for range 4 {
					perturb.MutexLock(&own, at(3, "own"))
					perturb.MutexUnlock(&own, at(4, "own"))
				}
			}, at(5, "func"))
		}
		perturb.MutexLock(&a, at(1, "a"))
		perturb.MutexLock(&a, at(2, "a"))
	})
	assert.Contains(t, said, "No schedule was found that ends well: 48 more were tried.")
}

// A test that always leaks, and hangs or fails under some schedules, does not hang or fail under each.
func TestAvoids(t *testing.T) {
	of := func(k verdict.Kind, state trace.State) outcome {
		return outcome{Verdict: &verdict.Verdict{Kind: k}, snap: &trace.Snapshot{Tasks: []trace.TaskState{{State: state}}}}
	}
	leaks, hangs, passes := of(verdict.Leak, trace.Ended), of(verdict.Deadlock, trace.Blocked), of(verdict.Pass, trace.Ended)
	assert.True(t, passes.avoids(leaks))
	assert.True(t, passes.avoids(hangs))
	assert.True(t, leaks.avoids(hangs))
	assert.False(t, leaks.avoids(leaks))
	assert.False(t, hangs.avoids(leaks))
	assert.False(t, hangs.avoids(hangs))
	failed := leaks
	failed.failed = true
	assert.False(t, failed.avoids(hangs), "it is a failure that leaves something behind")
}
