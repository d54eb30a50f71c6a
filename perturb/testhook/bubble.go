package testhook

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
)

// runInBubble has package testing run f as testing/synctest.Test does in its bubble. Where package testing was not changed, f is a subtest.
// It is set before main.
var runInBubble = func(t *testing.T, f func(*testing.T)) bool { return t.Run("synctest", f) }

// BubbleTest is testing/synctest.Test. An execution is a bubble already, and there is none in a bubble: f is a part of it,
// as a subtest is, and the goroutines that it has started have ended when BubbleTest returns.
func BubbleTest(t *testing.T, f func(*testing.T)) {
	task := engine.Self()
	if task == nil {
		defer engine.InBubble()()
		synctest.Test(t, f)
		return
	}
	t.Helper()
	defer task.Bubble()()
	var of *engine.Task
	ok := joined(task, func(f func(*testing.T)) bool { return runInBubble(t, f) }, "/synctest", func(t *testing.T) {
		of = engine.Self()
		f(t)
	})
	if of != nil {
		task.AwaitDescendants(of, nil)
	}
	if !ok {
		t.FailNow()
	}
}

// BubbleWait is testing/synctest.Wait: it returns when all other goroutines of the execution wait for something that is not
// there yet, or for the clock.
func BubbleWait() {
	if task := engine.Self(); task != nil {
		task.AwaitRest(nil)
		return
	}
	synctest.Wait()
}

// BubbleSleep is testing/synctest.Sleep, which Go has since 1.27: it sleeps for d of virtual time, and then waits as BubbleWait
// does.
func BubbleSleep(d time.Duration) {
	if task := engine.Self(); task != nil {
		task.Sleep(d, nil)
		task.AwaitRest(nil)
		return
	}
	time.Sleep(d)
	synctest.Wait()
}
