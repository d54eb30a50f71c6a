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
	late      bool // it was not the plain run that gave reason for it
	begun     bool
	tried     int // by this shard
	confirmed bool
}

// predict notes a prediction.
func (t *test) predict(e session.Event) {
	if e.Prediction == nil || len(t.predicted) >= predict.Most {
		return
	}
	for _, pr := range t.predicted {
		if pr.Key() == e.Prediction.Key() { // by an execution that was run ahead
			return
		}
	}
	t.predicted = append(t.predicted, &predicted{Prediction: *e.Prediction, late: e.N > 0})
}

// look has the predictions that were not looked into yet be what comes next, some at a time.
//
// The plain run is the same in all shards, and so are its predictions: each tries its share. What another execution predicts
// only the shard knows that it belongs to. That does all tries, and more than was asked for, so that all that was to be run
// without a prediction is run.
func (t *test) look() {
	if t.tries != nil && !t.tries.over() {
		return
	}
	t.tries = nil
	if t.mode != together && t.mode != isolated || t.walks.next == 0 {
		return
	}
	l := &line{shard: t.c.Shard, displaced: t.displaced + t.walks.next - 1, next: 1}
	late := false
	for _, pr := range t.predicted {
		if !pr.begun && len(l.steered) < predict.AtOnce {
			pr.begun = true
			late = late || pr.late
			l.steered = append(l.steered, pr)
		}
	}
	if len(l.steered) == 0 {
		return
	}
	n := predict.Tries * len(l.steered)
	switch {
	case late && l.shard.Parts() > 1:
		l.shard = session.Shard{}
	case t.walks.last > 0:
		n = max(min(n, t.walks.last-t.walks.next), 0)
		t.walks.last -= n
	}
	if n > 0 {
		l.last = n + 1
		t.tries = l
		t.displaced += n
	}
	t.look() // there may be no tries of it here
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
