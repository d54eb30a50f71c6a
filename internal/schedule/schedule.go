// Package schedule holds schedules as data: bytes that a fuzzer can mutate and a minimiser can shorten.
//
// A schedule answers a sequence of questions, each with n >= 2 alternatives of which 0 is the plain one. Bytes that are
// zero or absent say "the plain one"; so the empty schedule is the plain run, and what is cut from the end of a schedule,
// or zeroed, makes the run plainer.
//
// One byte is one departure from the plain run, or none:
//
//	bits 7..4   how many questions to answer plainly first: an index into gaps
//	bits 3..0   the answer then: 0 the plain one, 1 to 14 the other alternatives in turn,
//	            15 the alternative whose number, less 15, is in the two bytes that follow, low byte first
//
// The answer is taken modulo the alternatives there are, the plain one left out. The gaps are dense where they are small:
// a random byte departs soon, and a few bytes reach far.
package schedule

var gaps = [16]int{0, 0, 0, 1, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64, 128}

const (
	answerBits = 4
	answerMask = 1<<answerBits - 1
	wideAnswer = answerMask
)

// A Reader answers from the bytes of a schedule. It is for one execution, and for one goroutine at a time.
type Reader struct {
	data    []byte
	pending bool // a byte was read whose answer is still to be given:
	gap     int  // after so many plain ones
	answer  int
}

// NewReader returns a Reader of schedule, which it keeps and does not change.
func NewReader(schedule []byte) *Reader { return &Reader{data: schedule} }

// Choose returns the next answer, 0 <= c < n, for n >= 2.
func (r *Reader) Choose(n int) int {
	if !r.pending {
		if len(r.data) == 0 {
			return 0
		}
		r.read()
	}
	if r.gap > 0 {
		r.gap--
		return 0
	}
	r.pending = false
	if r.answer == 0 {
		return 0
	}
	return 1 + (r.answer-1)%(n-1)
}

// read decodes one departure.
func (r *Reader) read() {
	b := r.next()
	r.pending = true
	r.gap = gaps[b>>answerBits]
	r.answer = int(b & answerMask)
	if r.answer == wideAnswer {
		low := r.next()
		r.answer += int(low) | int(r.next())<<8
	}
}

func (r *Reader) next() byte {
	if len(r.data) == 0 {
		return 0
	}
	b := r.data[0]
	r.data = r.data[1:]
	return b
}

// NonZero counts the bytes of a schedule that can say anything but "the plain one".
func NonZero(schedule []byte) int {
	n := 0
	for _, b := range schedule {
		if b != 0 {
			n++
		}
	}
	return n
}

// Encode returns a schedule that gives the answers, each of which must be less than 65,550, provided that every question
// has more alternatives than its answer needs.
func Encode(answers []int) []byte {
	var out []byte
	plain := 0
	for _, a := range answers {
		if a == 0 {
			plain++
			continue
		}
		g := largestGap(plain)
		for gaps[g] != plain { // no gap fits: a byte without an answer passes one question more than its gap
			h := largestGap(plain - 1)
			out = append(out, byte(h<<answerBits))
			plain -= gaps[h] + 1
			g = largestGap(plain)
		}
		if a < wideAnswer {
			out = append(out, byte(g<<answerBits|a))
		} else {
			wide := a - wideAnswer
			out = append(out, byte(g<<answerBits|wideAnswer), byte(wide), byte(wide>>8))
		}
		plain = 0
	}
	return out
}

// largestGap returns the index of the largest gap that is at most n >= 0.
func largestGap(n int) int {
	g := len(gaps) - 1
	for gaps[g] > n {
		g--
	}
	return g
}
