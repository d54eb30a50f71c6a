package schedule_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/schedule"
)

func TestNamed(t *testing.T) {
	seen := map[int]bool{}
	for n := range uint32(1000) {
		number, ok := schedule.Named(schedule.Name(n))
		assert.True(t, ok)
		assert.GreaterOrEqual(t, number, 0)
		seen[number] = true
	}
	assert.Len(t, seen, 1000, "each names another execution")
	for _, decisions := range [][]byte{nil, {0}, {255}, {255, 0, 1, 2}, []byte("000")} {
		_, ok := schedule.Named(decisions)
		assert.False(t, ok, "%v", decisions)
	}
	for question := range 40 { // those whose code begins with the same byte among them
		for choice := 1; choice < 300; choice++ {
			_, ok := schedule.Named(schedule.Encode([]schedule.Answer{{Question: question, Choice: choice}}))
			assert.False(t, ok, "answer %d of question %d", choice, question)
		}
	}
}

// What was spelt out leads to the same answers.
func TestSpeller(t *testing.T) {
	drawn := engine.Question{Kind: engine.Random, N: 9}
	var s schedule.Speller
	for range 2 {
		s.Reset(schedule.NewReader([]byte{0x36, 0x01, 0x02}))
		s.Choose(&drawn)
		want := map[int]int{}
		for q := range 100 {
			if c := s.Choose(&engine.Question{N: 5}); c > 0 {
				want[q] = c
			}
		}
		assert.Equal(t, map[int]int{4: 3, 5: 1, 32: 2}, want)
		assert.Equal(t, want, departures(s.Schedule(), 100, 5))
	}
	s.Reset(nil)
	assert.True(t, bytes.Equal(nil, s.Schedule()))
}
