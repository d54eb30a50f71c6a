package harness

import (
	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/verdict"
	"github.com/jostle-dev/jostle/internal/worker"
)

// A Verdict is what became of an execution.
type Verdict uint8

// The verdicts that are findings.
const (
	Deadlock   = Verdict(verdict.Deadlock)   // goroutines wait for each other, or for what no goroutine is left to do, and the body has not returned
	Leak       = Verdict(verdict.Leak)       // the body has returned, and a goroutine that it started can never end
	LostWakeup = Verdict(verdict.LostWakeup) // a wake-up came before its wait
	Panic      = Verdict(verdict.Panic)      // in any goroutine
	Assertion  = Verdict(verdict.Assertion)  // the body failed its T
	Livelock   = Verdict(verdict.Livelock)   // goroutines keep running and the execution does not end
	DataRace   = Verdict(verdict.Race)       // accesses that nothing orders; in builds with -race
	Stall      = Verdict(verdict.Stall)      // a goroutine was blocked or busy where no schedule reaches
)

// String returns what reports call the verdict.
func (v Verdict) String() string { return verdict.Kind(v).String() }

// An Option changes how Fuzz or Check runs a body.
type Option func(*config)

type config = worker.Config

// Want says that the target is there to find something: a known bug, kept so that it stays findable. An input of the target's corpus
// passes if it ends in this verdict and breaks this rule: 1 to 4, or 0 for any (jostle explain names them). The target fails if no input of
// its corpus does. Any other finding fails it as ever, and so does a new input that the fuzzer finds. A Check with it passes if one of
// its schedules ends so.
func Want(v Verdict, rule int) Option {
	return func(c *config) { c.Want = &worker.Want{Kind: verdict.Kind(v), Rule: verdict.Rule(rule)} }
}

// Schedules sets how many schedules Check tries, the plain one among them: n >= 1. The default is 200, and the flag
// -jostle.schedules of the test binary goes before either.
func Schedules(n int) Option { return func(c *config) { c.Schedules = n } }

// Cancel lets the schedule cancel the context of the body's T, at any sync point, once in an execution. The body may then
// fail; what it has started must end all the same.
func Cancel() Option { return func(c *config) { c.Cancel = true } }

// Faults lets the schedule have the network fail, once in an execution, at any operation: it cuts or refuses a connection of the body
// that is in memory, or nothing comes through for a while. The body may then fail; the goroutines that it has started must still end.
func Faults() Option { return func(c *config) { c.Faults = true } }

// IgnoreGoroutine says that a goroutine is not a leak if it runs the function of this name, or was started by it: it is meant to stay.
// The name is what runtime.FuncForPC calls the function, "example.com/pkg.(*Pool).worker", or what reports call it. Where the source
// can be changed, a comment //jostle:ignore leak at the function says the same for all tests. For code that cannot be edited there is
// the file testdata/jostle/ignore, with the line "leak example.com/pkg.(*Pool).worker" and a reason.
func IgnoreGoroutine(funcName string) Option {
	return func(c *config) {
		c.Ignore = append(c.Ignore, program.Ignore{What: "leak", Func: funcName, Short: true})
	}
}

const defaultSchedules = 200

func configure(options []Option) config {
	c := config{Schedules: defaultSchedules}
	for _, o := range options {
		o(&c)
	}
	return c
}
