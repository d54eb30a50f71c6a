// Package schedule holds schedules as data: bytes that a fuzzer can mutate and a minimiser can shorten.
//
// A schedule answers a sequence of questions, each with n >= 2 alternatives of which 0 is the plain one. Bytes that are
// zero or absent say "the plain one", so the empty schedule is the plain run, and what is cut from the end of a schedule,
// or zeroed, makes the run plainer.
//
// Each byte is about a window of questions, one after the other: the first 64 bytes about 32 questions each, the next
// about 64, and so on, so that some tens of bytes reach thousands of questions. A byte departs from the plain run once in
// its window, or not at all:
//
//	bits 7..3   which question of the window, in thirty-seconds of its length
//	bits 2..0   0       none: all answers are plain
//	            1 to 5  the answer
//	            6       the answer is 1 plus bits 4..3 and the question is in bits 7..5, in eighths; and the next byte is
//	                    about the rest of the same window
//	            7       exact: the byte that follows has the upper bits of the question's number, of which bits 7..3 are the
//	                    lower; the two after that have the answer less 1, low byte first; and the next byte is about the
//	                    rest of the same window
//
// The answer is taken modulo the alternatives there are, the plain one left out, and an exact number modulo the window. Any
// sequence of answers has a schedule that gives it (Encode); a fuzzer needs the short forms, which say much with little.
//
// What a byte says does not move with the value of the bytes before it (6 and 7, one byte in four, excepted). That is
// what a minimiser needs: it can make one departure plain and keep the others where they are. Go's own
// (internal/fuzz/minimize.go) cuts the end, takes out bytes, and then tries to put '0', which is plain here too, in the
// place of each that is left.
package schedule

import "github.com/jostle-dev/jostle/internal/engine"

const (
	stay  = 6
	exact = 7

	maxGap    = 1 << 13 // what an exact byte reaches; windows are longer after some million questions
	maxAnswer = 1 << 16
)

// A Reader answers from the bytes of a schedule. It is for one execution, and for one goroutine at a time.
type Reader struct {
	data    []byte
	windows int // begun
	left    int // questions of the window that the next byte is about; 0: it begins another

	pending   bool // a byte was read whose answer is still to be given:
	gap       int  // after so many plain ones
	departure int
	rest      int // plain answers to give after that

	asked int
}

// NewReader returns a Reader of schedule, which it keeps and does not change.
func NewReader(schedule []byte) *Reader { return &Reader{data: schedule} }

// Choose is engine.Strategy.
func (r *Reader) Choose(q *engine.Question) int {
	if q.Kind == engine.Random {
		return 0 // the fuzzer varies the input itself
	}
	r.asked++
	if !r.pending {
		if r.rest > 0 {
			r.rest--
			return 0
		}
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
	if r.departure == 0 {
		return 0
	}
	return 1 + (r.departure-1)%(q.N-1)
}

// Asked returns how many questions were asked so far.
func (r *Reader) Asked() int { return r.asked }

// windowSize returns how many questions the i-th window has: 32 at first, twice as many after each 64 windows.
func windowSize(i int) int { return 32 << min(i/64, 12) }

// read decodes one byte, and what belongs to it.
func (r *Reader) read() {
	if r.left == 0 {
		r.left = windowSize(r.windows)
		r.windows++
	}
	b := r.next()
	where, what := int(b>>3), int(b&7)
	size := r.left
	r.pending, r.left = true, 0
	switch what {
	case 0:
		r.gap, r.departure, r.rest = size-1, 0, 0
		return
	case stay:
		r.gap = where >> 2 * size / 8
		r.departure, r.rest, r.left = 1+where&3, 0, size-r.gap-1
		return
	case exact:
		r.gap = (where | int(r.next())<<5) % size
		r.departure = 1 + int(r.next())
		r.departure += int(r.next()) << 8
		r.rest, r.left = 0, size-r.gap-1
		return
	}
	r.gap = where * size / 32
	r.departure, r.rest = what, size-r.gap-1
}

func (r *Reader) next() byte {
	if len(r.data) == 0 {
		return 0
	}
	b := r.data[0]
	r.data = r.data[1:]
	return b
}

// Departures counts the bytes of a schedule that say anything but "the plain one".
func Departures(schedule []byte) int {
	n := 0
	for r := NewReader(schedule); len(r.data) > 0; {
		if r.read(); r.departure != 0 {
			n++
		}
	}
	return n
}

// An Answer is one that is not the plain one.
type Answer struct {
	Question int // its number, from 0
	Choice   int // the alternative, at least 1
}

// Encode returns the schedule that gives these answers, in the order of their questions, and all others plain.
func Encode(answers []Answer) []byte {
	var s []byte
	start, window, left := 0, 0, windowSize(0) // the next byte is about so many questions from start on
	skip := func(n int) {
		start += n
		if left -= n; left == 0 {
			window++
			left = windowSize(window)
		}
	}
	for i, a := range answers {
		for a.Question >= start+left {
			s = append(s, 0)
			skip(left)
		}
		gap := a.Question - start
		last := i == len(answers)-1 || answers[i+1].Question >= start+left
		part32, is32 := part(gap, left, 32)
		part8, is8 := part(gap, left, 8)
		switch {
		case last && (is32 || gap >= maxGap) && a.Choice < stay:
			s = append(s, byte(part32<<3|a.Choice))
			skip(left)
		case is8 && a.Choice <= 4:
			s = append(s, byte(part8<<5|(a.Choice-1)<<3|stay))
			skip(gap + 1)
		default:
			gap = min(gap, maxGap-1)
			choice := min(a.Choice, maxAnswer) - 1
			s = append(s, byte(gap<<3|exact), byte(gap>>5), byte(choice), byte(choice>>8))
			skip(gap + 1)
		}
	}
	return s
}

// part returns in which part of so many, counted from 0, a question of a window is, and whether that says which question it is.
func part(question, window, parts int) (n int, exactly bool) {
	n = (question*parts + window - 1) / window
	if n >= parts || n*window/parts != question {
		return min(question*parts/window, parts-1), false
	}
	return n, true
}
