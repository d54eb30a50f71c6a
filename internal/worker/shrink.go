package worker

import (
	"slices"
	"time"
)

// Bounds on shrinking.
const (
	shrinkRuns = 2_000
	shrinkTime = 3 * time.Second
)

// shrink returns what is left of the departures of an execution, which ended as out says: as few as it can find with which one ends
// alike, and the outcome of that one. try runs an execution with some of them. It returns those that this one has made, without those
// that it did not come to, and whether it ended alike.
func shrink[Departures ~[]D, D any](have Departures, out outcome, try func(Departures) (made Departures, out outcome, alike bool)) (Departures, outcome) {
	end := time.Now().Add(shrinkTime)
	runs := 0
	for size := len(have); size >= 1; size /= 2 {
		for to := len(have); to > 0; to = min(to-size, len(have)) {
			if runs >= shrinkRuns || time.Now().After(end) {
				return have, out
			}
			runs++
			if made, o, alike := try(slices.Concat(have[:max(to-size, 0)], have[to:])); alike && len(made) < len(have) {
				have, out = made, o
			}
		}
	}
	return have, out
}
