package harness

import (
	"testing"
	"testing/synctest"

	"github.com/jostle-dev/jostle/internal/engine"
)

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
	defer task.HoldClock()()
	var of *engine.Task
	ok := Run(t, "synctest", func(t *testing.T) {
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
