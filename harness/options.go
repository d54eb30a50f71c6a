package harness

import (
	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/verdict"
	"github.com/jostle-dev/jostle/internal/worker"
)

// A Verdict is what became of an execution.
type Verdict = verdict.Kind

// The verdicts that are findings.
const (
	Deadlock   = verdict.Deadlock   // goroutines wait for each other, or for what nobody is left to do
	Leak       = verdict.Leak       // the body has returned and a goroutine that it started can never end
	LostWakeup = verdict.LostWakeup // a wake-up came before its wait
	Panic      = verdict.Panic      // in any goroutine
	Assertion  = verdict.Assertion  // the body failed its T
	DataRace   = verdict.Race       // accesses that nothing orders; in builds with -race
	Livelock   = verdict.Livelock   // goroutines go on and on
	Stall      = verdict.Stall      // blocked or busy where no schedule reaches
)

// An Option changes how a body is run.
type Option func(*config)

type config = worker.Config

// Want says that the target is there to find something: a test of a known bug, kept so that it stays findable. Inputs of
// its corpus that end in this verdict, and break this rule (1 to 4; 0 for any), pass, and the target fails if none does.
// Any other finding fails it as ever; so does a new input that the fuzzer finds.
func Want(v Verdict, rule int) Option {
	return func(c *config) { c.Want = &worker.Want{Kind: v, Rule: verdict.Rule(rule)} }
}

// Schedules sets how many schedules Check tries: n >= 1, the plain one among them. The default is 200.
func Schedules(n int) Option { return func(c *config) { c.Schedules = n } }

// Cancel lets the schedule cancel the context of the body's T, at any sync point, once in an execution. The body may then
// fail; what it has started must end all the same.
func Cancel() Option { return func(c *config) { c.Cancel = true } }

// IgnoreGoroutine says that goroutines which run the function of this name, or which it has started, are no leaks: they are
// meant to stay. The name is what runtime.FuncForPC calls the function: "example.com/pkg.(*Pool).worker", or how reports call it. Where
// the source can be changed, a comment //jostle:ignore leak at the function says the same to everybody, and else a line
// in testdata/jostle/ignore: "leak example.com/pkg.(*Pool).worker", and a reason.
func IgnoreGoroutine(funcName string) Option {
	return func(c *config) { c.Ignore = append(c.Ignore, engine.Ignore{What: "leak", Func: funcName, Short: true}) }
}

const defaultSchedules = 200

func configure(options []Option) config {
	c := config{Schedules: defaultSchedules}
	for _, o := range options {
		o(&c)
	}
	return c
}
