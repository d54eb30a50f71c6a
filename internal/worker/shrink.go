package worker

import (
	"slices"
	"time"
)

// Bounds on shrinking.
const (
	shrinkRuns = 2_000
	shrinkTime = 3 * time.Second

	readable = 12 // departures: as long as there are more, it may take longer:
	longer   = 4  // times

	shrinkLongest = longer * shrinkTime
)

// A shrinker takes departures away from an execution as long as it ends alike.
type shrinker[Departures ~[]D, D any] struct {
	have Departures
	out  outcome
	// try runs an execution with some departures. It returns those that this one has made, without those that it did not come to, and
	// whether it ended alike.
	try func(Departures) (made Departures, out outcome, alike bool)

	most  time.Duration // that it may take
	began time.Time
	runs  int
}

// shrink returns what is left of the departures of an execution, which ended as out says: as few as it can find with which one ends
// alike, and the outcome of that one. join, which may be nil, makes one departure of two: the question of the first and the answer of the
// last. It takes most at most, and less for few departures.
func shrink[Departures ~[]D, D any](most time.Duration, have Departures, out outcome, join func(first, last D) (D, bool), try func(Departures) (Departures, outcome, bool)) (Departures, outcome) {
	s := &shrinker[Departures, D]{have: have, out: out, try: try, most: most, began: time.Now()}
	s.stop()
	for s.cut(); join != nil && s.bridge(join); {
		s.cut()
	}
	return s.have, s.out
}

// spent reports whether no more is to be tried.
func (s *shrinker[Departures, D]) spent() bool {
	times := 1
	if len(s.have) > readable {
		times = longer
	}
	return s.runs >= times*shrinkRuns || time.Since(s.began) > min(time.Duration(times)*shrinkTime, s.most)
}

// smaller tries an execution with fewer departures, and keeps it if it ends alike.
func (s *shrinker[Departures, D]) smaller(with Departures) bool {
	s.runs++
	made, out, alike := s.try(with)
	if !alike || len(made) >= len(s.have) {
		return false
	}
	s.have, s.out = made, out
	return true
}

// stop looks for the last departure that matters: what comes after that is as it is in the plain run. In a long execution that takes
// few runs, where taking out some here and there takes many.
func (s *shrinker[Departures, D]) stop() {
	if len(s.have) == 0 || s.smaller(nil) {
		return
	}
	for few := 1; few < len(s.have) && !s.spent(); { // so few are not enough
		if to := (few + len(s.have)) / 2; !s.smaller(slices.Clone(s.have[:to])) {
			few = to + 1
		}
	}
}

// cut takes out departures, many at first, until none can be taken out alone.
func (s *shrinker[Departures, D]) cut() {
	for size := len(s.have) / 2; size >= 1; {
		before := len(s.have)
		for to := len(s.have); to > 0; to = min(to-size, len(s.have)) {
			if s.spent() {
				return
			}
			s.smaller(slices.Concat(s.have[:max(to-size, 0)], s.have[to:]))
		}
		if size > 1 || len(s.have) == before { // one that another one needed may do without it now
			size /= 2
		}
	}
}

// bridge puts one departure in the place of several in a row, and reports whether it has. Where goroutines hand over to each other, each at
// its departure, none of these can be taken out, though the first could hand over to the last.
func (s *shrinker[Departures, D]) bridge(join func(first, last D) (D, bool)) (joined bool) {
	for i := 0; i < len(s.have)-1; i++ {
		for j := len(s.have) - 1; j > i; j-- {
			if s.spent() {
				return joined
			}
			d, ok := join(s.have[i], s.have[j])
			if ok && s.smaller(slices.Concat(s.have[:i], Departures{d}, s.have[j+1:])) {
				joined = true
				j = len(s.have)
			}
		}
	}
	return joined
}
