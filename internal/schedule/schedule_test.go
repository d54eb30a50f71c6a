package schedule_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/schedule"
)

// departures returns the answers that are not plain, by the number of their question, of the first so many questions
// with n alternatives each.
func departures(data []byte, questions, n int) map[int]int {
	r := schedule.NewReader(data)
	out := map[int]int{}
	for q := range questions {
		if c := r.Choose(&engine.Question{N: n}); c != 0 {
			out[q] = c
		}
	}
	return out
}

func TestReader(t *testing.T) {
	tests := []struct {
		name string
		data []byte
		n    int
		want map[int]int
	}{
		{"empty", nil, 5, map[int]int{}},
		{"zeros", make([]byte, 9), 5, map[int]int{}},
		{"the minimiser's plain byte", []byte("0 0"), 5, map[int]int{}},
		{"first question", []byte{0x03}, 5, map[int]int{0: 3}},
		{"last question of the window", []byte{0xFB}, 5, map[int]int{31: 3}},
		{"one a window", []byte{0x21, 0x00, 0x0C}, 5, map[int]int{4: 1, 65: 4}},
		{"modulo", []byte{0x03, 0x05}, 3, map[int]int{0: 1, 32: 1}},
		{"two alternatives", []byte{0x05}, 2, map[int]int{0: 1}},
		{"two in a window", []byte{0x36, 0x01, 0x02}, 5, map[int]int{4: 3, 5: 1, 32: 2}},
		{"at the end of the window", []byte{0xE6, 0xFE, 0xFE, 0x02}, 9, map[int]int{28: 1, 31: 4, 60: 4, 61: 2}},
		{"exact", []byte{0x27, 0x00, 0x2C, 0x01, 0x03}, 1000, map[int]int{4: 301, 5: 3}},
		{"exact and cut off", []byte{0x27, 0x00, 0x05}, 1000, map[int]int{4: 6}},
		{"exact, modulo the window", []byte{0x27, 0x01, 0x02, 0x00, 0x02}, 5, map[int]int{4: 3, 5: 2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, departures(tt.data, 100, tt.n))
			assert.Equal(t, len(tt.want), schedule.Departures(tt.data))
		})
	}
}

// Some tens of bytes reach far.
func TestReach(t *testing.T) {
	data := append(bytes.Repeat([]byte{'0'}, 96), 0x01)
	assert.Equal(t, map[int]int{64*32 + 32*64: 1}, departures(data, 5000, 2))
}

// Any answers have a schedule, and one alone in its window, to what Go's fuzzer tries first, has one of a byte.
func TestEncode(t *testing.T) {
	assert.Empty(t, schedule.Encode(nil))
	assert.Equal(t, []byte{0xFB}, schedule.Encode([]schedule.Answer{{Question: 31, Choice: 3}}))
	assert.Equal(t, []byte{0, 0x0D}, schedule.Encode([]schedule.Answer{{Question: 33, Choice: 5}}))
	assert.Equal(t, []byte{0x36, 0x01}, schedule.Encode([]schedule.Answer{{Question: 4, Choice: 3}, {Question: 5, Choice: 1}}))
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range 300 {
		n := 2 + rnd.IntN(1<<(i%12))
		want := map[int]int{}
		var answers []schedule.Answer
		for q := range 6000 {
			if rnd.IntN(1<<(i%10)) == 0 {
				want[q] = 1 + rnd.IntN(n-1)
				answers = append(answers, schedule.Answer{Question: q, Choice: want[q]})
			}
		}
		data := schedule.Encode(answers)
		if !assert.Equal(t, want, departures(data, 6000, n)) || !assert.Equal(t, len(answers), schedule.Departures(data)) {
			return
		}
	}
}

// FuzzReader: every answer is in range, what is plain changes nothing behind it, and a shorter schedule is the same run
// up to where it ends.
func FuzzReader(f *testing.F) {
	f.Add([]byte{0x81, 0x00, 0x24}, uint8(4), uint8(1))
	f.Add(bytes.Repeat([]byte{0xFF}, 100), uint8(200), uint8(50))
	f.Fuzz(func(t *testing.T, data []byte, alternatives, at uint8) {
		n := 2 + int(alternatives)
		const questions = 2000
		all := departures(data, questions, n)
		for _, c := range all {
			if c <= 0 || c >= n {
				t.Fatalf("answer %d of %d alternatives", c, n)
			}
		}
		if len(all) > schedule.Departures(data) {
			t.Fatalf("%d departures, and %d were counted", len(all), schedule.Departures(data))
		}
		if len(data) == 0 {
			return
		}
		i := int(at) % len(data)
		if bytes.ContainsFunc(data, func(r rune) bool { return r&7 >= 6 || r > 0x7F }) {
			return // bytes that depend on each other
		}
		plain := bytes.Clone(data)
		plain[i] = '0'
		kept := departures(plain, questions, n)
		for q, c := range kept {
			assert.Equal(t, all[q], c)
		}
		assert.LessOrEqual(t, len(all)-len(kept), 1)
	})
}
