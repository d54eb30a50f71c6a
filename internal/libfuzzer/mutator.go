package libfuzzer

import "math/bits"

// A mutator changes inputs. First it has each input that the target proposes once. Then come in turn what the fuzzer itself makes of an
// input, and the input with the schedule of an execution that a number stands for: most changes of a few bytes lead to an order that was seen. That
// execution is run for its schedule, and then by the fuzzer. Only there it counts, as the fuzzer clears its counters before each input.
type mutator struct {
	propose func() [][]byte                         // is called once
	spell   func(data []byte, number uint32) []byte // returns nothing if the execution has no schedule

	asked   bool
	first   [][]byte // that were proposed and have not come yet
	spelled bool     // the last input was one of spell
}

// instead returns the input that comes in the place of data, with at least one and at most so many bytes; nil is what the fuzzer makes of it.
func (m *mutator) instead(data []byte, most int, number uint32) []byte {
	if !m.asked {
		m.first, m.asked = m.propose(), true
	}
	fits := func(input []byte) bool { return len(input) > 0 && len(input) <= most }
	for len(m.first) > 0 {
		input := m.first[0]
		if m.first = m.first[1:]; fits(input) {
			return input
		}
	}
	if m.spelled = !m.spelled; m.spelled {
		if input := m.spell(data, number); fits(input) {
			return input
		}
	}
	return nil
}

// A growth is how long the fuzzer makes inputs: short ones come first. libFuzzer does so by itself (-len_control), and no longer if there is a
// mutator.
type growth struct{ length, calls int }

// callsEach is libFuzzer's 100 executions for each bit of the length, of about five mutations each.
const callsEach = 500

func (g *growth) next() int {
	bits := bits.Len(uint(g.length))
	if g.calls++; g.calls > callsEach*bits {
		g.length, g.calls = g.length+bits, 0
	}
	return g.length
}
