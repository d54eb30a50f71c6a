package enginetest

import (
	"strings"
	"time"

	"github.com/jostle-dev/jostle/internal/goroutines"
)

// Resting waits until every other goroutine of the process blocks. Programs that run without the engine call it where
// they would, in an execution, sleep until all others rest: a sleep long enough for a busy machine has no length.
func Resting() {
	for quiet := 0; quiet < 3; {
		time.Sleep(time.Millisecond)
		if quiet++; othersRun() {
			quiet = 0
		}
	}
}

// othersRun reports whether a goroutine other than the caller is running or could be.
func othersRun() bool {
	running := 0
	for _, stack := range goroutines.Stacks() {
		_, state, _ := strings.Cut(stack, " [")
		if strings.HasPrefix(state, "run") {
			running++
		}
	}
	return running > 1
}
