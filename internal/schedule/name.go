package schedule

import (
	"bytes"
	"encoding/binary"
	"hash/fnv"

	"github.com/jostle-dev/jostle/internal/engine"
)

// In the place of decisions, bytes may name an execution by a number: most changes of a few decisions lead to an order that was seen before,
// and one number leads to an execution that has little in common with that of another. Which execution a number stands for is for package
// strategy to say. What a name has led to is spelt out: kept as decisions, which can be changed one by one.

// named is what a name begins with. Encode begins with it never: its second byte is 0 if the first is 255.
var named = []byte{255, 255}

// Name returns the bytes that name an execution.
func Name(number uint32) []byte { return binary.LittleEndian.AppendUint32(bytes.Clone(named), number) }

// Named returns the number of the execution that bytes name, below 2^31, and whether they name one. Each byte after the first two counts, so
// that it makes a difference whatever a fuzzer changes.
func Named(schedule []byte) (number int, ok bool) {
	rest, ok := bytes.CutPrefix(schedule, named)
	if !ok {
		return 0, false
	}
	h := fnv.New64a()
	h.Write(rest)
	return int(h.Sum64() >> 33), true
}

// A Speller is a strategy that answers like another, and keeps what it takes to spell the execution out. It does less than a Recorder.
type Speller struct {
	inner   engine.Strategy
	asked   int
	answers []Answer
}

// Reset makes s begin an execution under inner.
func (s *Speller) Reset(inner engine.Strategy) { *s = Speller{inner: inner, answers: s.answers[:0]} }

// Choose is engine.Strategy.
func (s *Speller) Choose(q *engine.Question) int {
	c := s.inner.Choose(q)
	if q.Kind == engine.Random {
		return c
	}
	if c > 0 {
		s.answers = append(s.answers, Answer{s.asked, c})
	}
	s.asked++
	return c
}

// Schedule returns the execution as decisions.
func (s *Speller) Schedule() []byte { return Encode(s.answers) }
