package worker

import (
	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/predict"
	"github.com/jostle-dev/jostle/internal/strategy"
)

// A steering makes executions that are steered into what others predict, where all are run in one process. For a test that is
// run in many the command jostle does the same (internal/campaign).
type steering struct {
	seed     uint64
	detector *predict.Detector
	made     int                  // predictions so far
	waiting  []predict.Prediction // not tried yet
	now      []predict.Prediction // whose tries take turns
	tried    int                  // of these
}

func newSteering(seed uint64) *steering {
	return &steering{seed: seed, detector: predict.NewDetector()}
}

// learn looks at an execution that was kept for what it predicts, if it went well.
func (s *steering) learn(out outcome) {
	if out.snap == nil || out.Found() {
		return
	}
	for _, p := range s.detector.Learn(out.snap) {
		if s.made < predict.Most {
			s.made++
			s.waiting = append(s.waiting, p)
		}
	}
}

// next returns the strategy of the next try, and whether it is the first of its prediction; nil if all have been tried.
func (s *steering) next() (try engine.Strategy, first bool) {
	if s.tried == predict.Tries*len(s.now) {
		n := min(len(s.waiting), predict.AtOnce)
		s.now, s.waiting, s.tried = s.waiting[:n], s.waiting[n:], 0
	}
	if len(s.now) == 0 {
		return nil, false
	}
	n, p := s.tried/len(s.now), s.now[s.tried%len(s.now)]
	s.tried++
	return strategy.NewSteer(s.seed, n, p.Pauses), n == 0
}
