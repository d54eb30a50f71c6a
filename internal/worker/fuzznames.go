package worker

import (
	"testing"

	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/internal/search"
	"github.com/jostle-dev/jostle/internal/strategy"
)

// names are the executions that inputs of a fuzz target name: each is one of the mix of strategies that jostle test has, for a test that does
// what the body does with the input's In.
type names struct {
	parts   map[string]*search.Part // of a search of each In, by the bytes that it has taken
	speller schedule.Speller        // of the last
	taken   []byte                  // the bytes that its In has taken
	last    bool                    // the last input was a name
}

// mostParts bounds the memory of names.
const mostParts = 1 << 10

// named runs the execution of a number. If the plain run that it depends on finds something, it is that which was run.
func (x *target) named(number int, body func(testing.TB), taken, data []byte) outcome {
	x.names.last, x.names.taken = true, taken
	part := x.names.parts[string(taken)]
	if part == nil {
		var out outcome
		if part, out = x.newPart(data); part == nil {
			x.names.speller.Reset(nil)
			return out
		}
		if x.names.parts == nil || len(x.names.parts) == mostParts {
			x.names.parts = map[string]*search.Part{}
		}
		x.names.parts[string(taken)] = part
	}
	x.names.speller.Reset(part.Execution(1 + number))
	return x.execute(&x.names.speller, body, data)
}

// newPart returns a part of the search of an In, after its plain run; nil if that finds something.
func (x *target) newPart(data []byte) (*search.Part, outcome) {
	keep := x.limits.Keep
	x.limits.Keep = true
	defer func() { x.limits.Keep = keep }()
	plain := new(strategy.Profiler)
	rec := schedule.NewRecorder(plain)
	out := x.under(rec, data)
	if out.Found() || out.snap == nil || out.lacking != "" {
		return nil, out
	}
	o := search.Options{Spelt: true, Cancel: x.limits.Cancel, Faults: x.limits.Faults}
	return &search.Part{Options: o, Measures: measures(out, rec, plain)}, out
}

// spelt returns the last input with its schedule as decisions; nil if it was so.
func (x *target) spelt() []byte {
	if !x.names.last {
		return nil
	}
	return append([]byte{}, x.Join(x.names.speller.Schedule(), x.names.taken)...)
}

// name returns an input with the In of another that names an execution.
func (x *target) name(data []byte, number uint32) []byte {
	_, taken := x.split(data)
	return x.Join(schedule.Name(number), taken)
}

// tellFuzzer tells Go's fuzzer what spells the last input out, and what makes an input of another and of a number. It is nil where package
// internal/fuzz was not changed so that it asks. It is set before main.
var tellFuzzer func(spelt func() []byte, name func(data []byte, number uint32) []byte)

// guide has Go's fuzzer name executions every other time, and keep what they lead to as decisions.
func (x *target) guide(target string) {
	if tellFuzzer != nil && x.fuzzes(target) {
		tellFuzzer(x.spelt, x.name)
	}
}
