// Package worker is the test process: the one that is told what to run. It runs test functions, and the bodies of harness.Check and
// harness.Fuzz, as executions, one after the other, and notes for the command jostle, or says in the test around it, what became of
// them.
//
// A runner runs one subject under one schedule after the other; a subject is a test function or a body. Which executions those are
// is up to a plan (package session), to Check, or to a fuzzer.
package worker

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jostle-dev/jostle/internal/descriptor" // which packages below it call
	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/goenv"
	"github.com/jostle-dev/jostle/internal/libfuzzer"
	"github.com/jostle-dev/jostle/internal/manifest"
	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/session"
	"github.com/jostle-dev/jostle/internal/verdict"
	_ "github.com/jostle-dev/jostle/perturb/nativestack" // which package perturb calls
)

// This is the process.
var This = newProcess()

// A Process is what there is once in a test process. Executions come one after the other: the methods that run some are for one
// goroutine at a time, the others for all.
type Process struct {
	plan  *session.Plan // what it was started for; nil if its tests are to run as they are
	flags flags

	code  func() *verdict.Code               // the program
	path  func() string                      // import path of the package under test
	built func() (*manifest.Manifest, error) // what the binary was built from; nil if it was built elsewhere

	begin  time.Time // of every execution
	pauser pauser
	ready  sync.Once // see beforeBubbles
	world  world
	races  raceFile
	stdout *os.File // what the process prints to; package testing puts a pipe in its place while an example runs

	ballast []byte      // see ballastSize
	tick    *time.Timer // see watch

	live      atomic.Bool  // a test runs live: the function that begins it is not to begin another
	abandoned atomic.Int64 // the newest bubble of an execution that was given up

	parts       parts
	coordinated sync.Map // see coordinates
	patterns    patterns
	sources     sourceFiles
}

func newProcess() *Process {
	// What has the go command build instrumented code is not for the tests: they may run the go command themselves.
	err := goenv.RestoreTest()
	var plan *session.Plan
	if err == nil {
		plan, err = session.FromEnv()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "jostle:", err)
		os.Exit(2)
	}
	p := &Process{
		plan: plan, begin: beginning(time.Now()), pauser: newPauser(), world: newWorld(), races: newRaceFile(), stdout: os.Stdout,
		code:  sync.OnceValue(func() *verdict.Code { return verdict.NewCode(program.Sites(), program.Files()) }),
		built: sync.OnceValues(built),
	}
	p.path = sync.OnceValue(p.packagePath)
	p.flags.register()
	return p
}

// Told reports whether the process was started to run tests as a command says, and not as they are.
func (p *Process) Told() bool { return p.plan != nil }

// Test is what a test function begins with: it runs body, the function itself, as an execution, or many, and reports whether it
// did. It does not if no command asked for it, nor for a test function that another calls.
func (p *Process) Test(t *testing.T, body func(*testing.T)) bool {
	if p.plan == nil || p.live.Load() || engine.Self() != nil {
		return false
	}
	t.Helper()
	if p.plan.Test != "" {
		if !p.planned(t.Name(), body) {
			t.SkipNow()
		}
		defer p.pauser.end() // no more executions come
	}
	if run := p.Flag("test.run"); !strings.Contains(run, "/") { // each execution would match the test, which is chosen
		_ = flag.Set("test.run", "")
		defer func() { _ = flag.Set("test.run", run) }()
	}
	engine.OfMachine = p.plan.OfMachine
	switch p.plan.Mode {
	case session.Once:
		p.once(t, body)
	case session.Explore:
		p.explore(t, body)
	case session.Record:
		p.record(t, body)
	case session.Replay:
		p.replay(t, body)
	case session.Live:
		p.exploreLive(t, body)
	}
	return true
}

// ballastSize is how much memory stands in a process only so that garbage is collected when there is as much of it again. Executions are
// short and leave everything behind: with a heap of what one needs, as much time goes to collections as to executions. Nothing is
// written there, so it takes no memory of the machine.
const ballastSize = 40 << 20

// planned reports whether the plan is for the test function that begins now.
func (p *Process) planned(name string, body func(*testing.T)) bool {
	if name == p.plan.Test {
		return true
	}
	external := runtime.FuncForPC(reflect.ValueOf(body).Pointer()).Name() == p.plan.Package+"_test."+name
	return session.Qualified(p.plan.Package, name, external) == p.plan.Test
}

// beforeBubbles makes what must belong to no bubble. It must be called outside of bubbles before the first execution.
func (p *Process) beforeBubbles() {
	p.ready.Do(func() {
		p.ballast = make([]byte, ballastSize)
		go p.pauser.serve()
		signals()
	})
}

// Fuzzing reports whether the process searches for new inputs of fuzz targets, and does not only run those that are known.
func (p *Process) Fuzzing() bool {
	if libfuzzer.Enabled {
		return true
	}
	for _, name := range []string{"test.fuzz", "test.fuzzworker"} {
		if v := p.Flag(name); v != "" && v != "false" {
			return true
		}
	}
	return false
}

// Flag returns the value of a flag of package testing, "" if it has none of that name.
func (p *Process) Flag(name string) string {
	if f := flag.Lookup(name); f != nil {
		return f.Value.String()
	}
	return ""
}

// leaving is how long, in real time, a process goes on that has goroutines in it which never end: its TestMain may wait for
// them.
const leaving = 3 * time.Second

// leaveSoon has the process end, if it does not by itself: all that is asked of it is done, and noted.
func (p *Process) leaveSoon() { time.AfterFunc(leaving, func() { os.Exit(0) }) }
