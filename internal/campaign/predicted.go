package campaign

import (
	"fmt"

	"github.com/jostle-dev/jostle/internal/predict"
	"github.com/jostle-dev/jostle/internal/session"
)

// A predicted hang is looked into by executions that are steered there, out of the test's budget. It is a finding if one of
// them hangs, and else a note at most.
type predicted struct {
	predict.Prediction
	n         int // the execution that gave reason for it
	tried     int
	confirmed bool
}

const (
	triesEach     = 12 // executions for each prediction
	maxPredicted  = 24 // predictions of one test
	maxSteeredNow = 8  // at a time
)

// predict notes a prediction.
func (t *test) predict(e session.Event) {
	if e.Prediction == nil || len(t.predicted) >= maxPredicted {
		return
	}
	t.predicted = append(t.predicted, &predicted{Prediction: *e.Prediction, n: e.N})
}

// steer has a plan be one that steers, if there is something to steer into. All tries of some predictions are done before
// the next ones are begun.
func (t *test) steer(p *session.Plan) {
	for _, pr := range t.predicted {
		p.Predicted = append(p.Predicted, pr.Key())
	}
	p.Enough = len(t.predicted) >= maxPredicted
	if t.mode != together && t.mode != isolated || t.next == 0 {
		return
	}
	if t.next >= t.steerEnd {
		t.steered = nil
		for _, pr := range t.predicted {
			if pr.tried == 0 && len(t.steered) < maxSteeredNow {
				t.steered = append(t.steered, pr)
			}
		}
		t.steerFrom, t.steerEnd = t.next, t.next+triesEach*len(t.steered)
	}
	if t.next >= t.steerEnd {
		return
	}
	t.into(p)
	p.Last = min(p.Last, t.steerEnd)
}

// into has a plan steer into what is steered into now.
func (t *test) into(p *session.Plan) {
	for _, pr := range t.steered {
		p.Steer = append(p.Steer, pr.Prediction)
	}
	p.Steered = t.steerFrom
}

// steering returns the prediction into which execution n is steered, or nil.
func (t *test) steering(n int) *predicted {
	if n < t.steerFrom || n >= t.steerEnd {
		return nil
	}
	return t.steered[(n-t.steerFrom)%len(t.steered)]
}

// unconfirmed returns what is to be said of predictions that did not come true: of locks taken in different orders, which is
// true as it stands, and of the others only to who wants to know all.
func (t *test) unconfirmed() (notes []string) {
	for _, pr := range t.predicted {
		if !pr.confirmed && pr.tried > 0 && (pr.Kind == predict.Order || t.c.Verbose) {
			notes = append(notes, fmt.Sprintf("%s: %s; %s steered there did not hang", pr.Kind, pr.Text, plural(pr.tried, "execution")))
		}
	}
	return notes
}
