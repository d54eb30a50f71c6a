package search

import (
	"slices"

	"github.com/jostle-dev/jostle/internal/predict"
)

// A Predicted is a hang that executions were, or will be, steered into. These are part of what was asked for. It is a finding if one of
// them hangs, and else a note at most.
type Predicted struct {
	predict.Prediction
	Late  bool // it was not the plain run that gave reason for it
	Begun bool // its tries are, or were, what comes next

	Tried     int  // executions that were steered there
	Confirmed bool // one of them hung
}

// Into returns the prediction that execution n of a part is steered into, nil if it is not.
func (s *Search) Into(p *Part, n int) *Predicted {
	i := p.Into(n)
	if i < 0 {
		return nil
	}
	key := p.Steer[i].Key()
	at := slices.IndexFunc(s.Predictions, func(pr *Predicted) bool { return pr.Key() == key })
	return s.Predictions[at]
}

// Predict takes note of what execution n predicts.
func (s *Search) Predict(p predict.Prediction, n int) {
	if len(s.Predictions) >= predict.Most {
		return
	}
	for _, pr := range s.Predictions {
		if pr.Key() == p.Key() { // by an execution that was run ahead
			return
		}
	}
	s.Predictions = append(s.Predictions, &Predicted{Prediction: p, Late: n > 0})
}

// look has the predictions that were not looked into yet be what comes next, some at a time.
//
// The plain run is the same in all shards, and so are its predictions: each tries its share. What another execution predicts
// only the shard knows that it belongs to. That does all tries, and more than was asked for, so that all that was to be run
// without a prediction is run.
func (s *Search) look() {
	if s.Tries != nil && !s.Tries.over() {
		return
	}
	s.Tries = nil
	if s.Unsteered || !s.Begun() {
		return
	}
	var steered []int
	late := false
	for i, pr := range s.Predictions {
		if !pr.Begun && len(steered) < predict.AtOnce {
			pr.Begun = true
			late = late || pr.Late
			steered = append(steered, i)
		}
	}
	if len(steered) == 0 {
		return
	}
	n, shard := predict.Tries*len(steered), s.Shard
	switch {
	case late && shard.Parts() > 1:
		shard = Shard{}
	case s.Walks.Last > 0 && !s.TriesOnly:
		n = max(min(n, s.Walks.Last-s.Walks.Next), 0)
		s.Walks.Last -= n
	}
	if n > 0 {
		s.Tries = s.row(shard, n+1)
		s.Tries.Steered, s.Tries.Displaced, s.Tries.Next = steered, s.Displaced+s.Walks.Next-1, 1
		s.Displaced += n
	}
	s.look() // there may be no tries of it here
}
