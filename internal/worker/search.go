package worker

import "github.com/jostle-dev/jostle/internal/session"

// A span is executions by their numbers: first <= n < last, those of a shard.
type span struct {
	first, last int
	shard       session.Shard
}

// A progress says what follows an execution.
type progress int

const (
	onward  progress = iota // the next one
	later                   // it was not run, and is another process's
	enough                  // no other, for now
	stopped                 // no other in this process, and that was noted
)

// each has step run one execution after the other, until it says that no other follows. next is the number of the first that was not
// run, or of the one that has stopped the search.
func (s span) each(step func(n int) progress) (next int, last progress) {
	for n := s.shard.Next(s.first); n < s.last; n = s.shard.Next(n + 1) {
		switch p := step(n); p {
		case later, stopped:
			return n, p
		case enough:
			return n + 1, p
		}
	}
	return s.last, onward
}
