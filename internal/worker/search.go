package worker

import (
	"github.com/jostle-dev/jostle/internal/predict"
	"github.com/jostle-dev/jostle/internal/search"
)

// A progress says what follows an execution.
type progress int

const (
	onward  progress = iota // the next one
	later                   // it was not run, and is another process's
	enough                  // no other, for now
	stopped                 // no other in this process, and that was noted
)

// each has step run the executions of a part from a number on, one after the other, until it says that no other follows. next is the
// number of the first that was not run, or of the one that has stopped the search.
func each(p *search.Part, first int, step func(n int) progress) (next int, last progress) {
	for n, more := p.Next(first); more; n, more = p.Next(n + 1) {
		switch p := step(n); p {
		case later, stopped:
			return n, p
		case enough:
			return n + 1, p
		}
	}
	return p.Last, onward
}

// predictions returns what an execution predicts that was kept for that, if it went well.
func (r *runner) predictions(by *predict.Detector, out outcome) []predict.Prediction {
	if !r.limits.Keep || out.snap == nil || out.Found() {
		return nil
	}
	return by.Learn(out.snap)
}
