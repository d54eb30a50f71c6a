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
	begun     bool
	tried     int // by this shard
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

// choose decides which predictions the next executions are steered into. All tries of some are done before the next ones are
// begun.
//
// The plain run is the same in all shards, and so are its predictions: each tries its share. What another execution predicts
// only the shard knows that it belongs to. That does all tries, on numbers of its own, and moves those that would have had
// these numbers behind them, so that all that was to be run without a prediction is run.
func (t *test) choose() {
	if t.mode != together && t.mode != isolated || t.next == 0 {
		return
	}
	for t.c.Shard.Next(t.next) >= t.steerEnd {
		t.next = max(t.next, t.steerEnd)
		if t.begin(); len(t.steered) == 0 {
			return
		}
	}
}

// begin has the next executions be the tries of predictions that were not begun yet, if there are any.
func (t *test) begin() {
	t.steered = nil
	late := false
	for _, pr := range t.predicted {
		if !pr.begun && len(t.steered) < maxSteeredNow {
			pr.begun = true
			late = late || pr.n > 0
			t.steered = append(t.steered, pr)
		}
	}
	parts := t.c.Shard.Parts()
	t.steerFrom, t.stride = t.next, 1
	if late && parts > 1 {
		t.steerFrom, t.stride = t.c.Shard.Next(t.next), parts
	}
	t.steerEnd = t.steerFrom + t.stride*triesEach*len(t.steered)
	if t.stride > 1 {
		t.displaced += t.steerEnd - t.steerFrom
		if t.last > 0 {
			t.last += t.steerEnd - t.steerFrom
		}
	}
}

// steer has a plan be one that steers, if there is something to steer into.
func (t *test) steer(p *session.Plan) {
	for _, pr := range t.predicted {
		p.Predicted = append(p.Predicted, pr.Key())
	}
	p.Enough = len(t.predicted) >= maxPredicted
	if t.mode != together && t.mode != isolated || t.steering(p.First) == nil {
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
	p.Steered, p.Stride = t.steerFrom, t.stride
}

// steering returns the prediction into which execution n is steered, or nil.
func (t *test) steering(n int) *predicted {
	if n < t.steerFrom || n >= t.steerEnd {
		return nil
	}
	return t.steered[(n-t.steerFrom)/t.stride%len(t.steered)]
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
