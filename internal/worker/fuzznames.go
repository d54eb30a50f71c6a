package worker

import (
	"testing"

	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/internal/strategy"
)

// names are the executions that inputs of a fuzz target name: each is one of the mix of strategies that jostle test has, for a test that does
// what the body does with the input's In.
type names struct {
	mixes   map[string]*strategy.Mix // by the bytes that the In has taken
	speller schedule.Speller         // of the last
	taken   []byte                   // the bytes that its In has taken
	last    bool                     // the last input was a name
}

// mostMixes bounds the memory of names.
const mostMixes = 1 << 10

// named runs the execution of a number. If the plain run that the mix is made by finds something, it is that which was run.
func (x *target) named(number int, body func(testing.TB), taken, data []byte) outcome {
	x.names.last, x.names.taken = true, taken
	mix := x.names.mixes[string(taken)]
	if mix == nil {
		var out outcome
		if mix, out = x.newMix(data); mix == nil {
			x.names.speller.Reset(nil)
			return out
		}
		if x.names.mixes == nil || len(x.names.mixes) == mostMixes {
			x.names.mixes = map[string]*strategy.Mix{}
		}
		x.names.mixes[string(taken)] = mix
	}
	x.names.speller.Reset(mix.Walk(1 + number)) // bytes cannot say which random values there are
	return x.execute(&x.names.speller, body, data)
}

// newMix returns the mix for the In of an input, by its plain run; nil if that finds something.
func (x *target) newMix(data []byte) (*strategy.Mix, outcome) {
	keep := x.limits.Keep
	x.limits.Keep = true
	defer func() { x.limits.Keep = keep }()
	plain := new(strategy.Profiler)
	rec := schedule.NewRecorder(plain)
	out := x.under(rec, data)
	if out.Found() || out.snap == nil || out.lacking != "" {
		return nil, out
	}
	return &strategy.Mix{Asked: rec.Who, Profile: plain.Profile(out.snap)}, out
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
