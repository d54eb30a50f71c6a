// Package session is how the command jostle and the test binaries that it starts understand each other. The command sets
// a Plan in the environment of a test binary; the binary appends an Event a line to a file, which the command reads while
// the binary runs and after it has ended, however it has ended.
package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/jostle-dev/jostle/internal/access"
	"github.com/jostle-dev/jostle/internal/predict"
	"github.com/jostle-dev/jostle/internal/search"
	"github.com/jostle-dev/jostle/internal/trace"
)

// Env is the environment variable that holds a Plan. The one word Plain in it has every test run once, as an execution
// under the plain schedule, with no events.
const (
	Env   = "JOSTLE_TESTS"
	Plain = "plain"
)

// Snapshots is the environment variable with a folder for the snapshots that findings are told from, as verdict.Save writes them, each
// under the name of the finding's file: with them the telling is tested without running anything.
const Snapshots = "JOSTLE_SNAPSHOTS"

// Base is the environment variable that says what Plan.Base does to fuzz targets, which have no plan.
const Base = "JOSTLE_BASE"

// A Mode is what a test binary does with its tests.
type Mode string

// The modes.
const (
	Once    Mode = "once"    // one execution under the plain schedule
	Explore Mode = "explore" // executions under many schedules
	Replay  Mode = "replay"  // those of a finding
	Record  Mode = "record"  // some executions, of which is noted where plain accesses may race
	Live    Mode = "live"    // the real scheduler, with yields and delays
)

// Qualified is what a test is called whose name two test functions have: one of the package with the given import path, and one of its
// external tests. Others are called by the name of the function.
func Qualified(importPath, function string, external bool) string {
	if external {
		importPath += "_test"
	}
	return path.Base(importPath) + "." + function
}

// Function returns the name of the function of a test, which may be Qualified.
func Function(test string) string { return test[strings.LastIndexByte(test, '.')+1:] }

// A Plan is what one process has to do for one test.
type Plan struct {
	Mode    Mode
	Package string `json:",omitempty"` // import path
	Test    string `json:",omitempty"` // its Function is run, and all others are passed over
	Module  string `json:",omitempty"` // for people
	Race    bool   `json:",omitempty"`
	Base    string `json:",omitempty"` // directory in which the command runs: files that it prints are named from there; "": that of the package

	search.Part               // the executions that are run
	Time        time.Duration `json:",omitempty"` // stop after this long; 0: no limit
	Turn        time.Duration `json:",omitempty"` // after this long others may take part: stop when the first executions are done, of which all are learnt from; 0: no limit
	Warm        int           `json:",omitempty"` // plain executions to do before the first
	Plain       uint64        `json:",omitempty"` // trace of the plain run after those, if First > 0 and there is one
	OfMachine   bool          `json:",omitempty"` // sockets are the machine's, and none in memory
	Known       []uint64      `json:",omitempty"` // causes that need no file any more

	Orders      bool   `json:",omitempty"` // Explore: if the test has few orders, go through all of them first
	Through     string `json:",omitempty"` // Explore: name of the file that a search.Exploration is kept in, which is continued; "" for none
	Preemptions int    `json:",omitempty"` // its bound

	Events   string `json:",omitempty"` // name of the file that events are appended to
	Findings string `json:",omitempty"` // folder for findings
	Kept     string `json:",omitempty"` // folder in which those that count are kept; "": finding.Dir in the package's directory
	Record   string `json:",omitempty"` // Explore, Live: name of the file that departures, delays are appended to as they happen; "" for none

	Finding string `json:",omitempty"` // Replay: its file; of a fuzz target, a file with an input
	Try     int    `json:",omitempty"` // Replay: of a live finding, which of several; each has delays of its own
	Shrink  bool   `json:",omitempty"` // Replay: look for a smaller schedule that ends alike
	Tell    bool   `json:",omitempty"` // Replay: look for the nearest execution that passes, and for the step since which none does
	Report  bool   `json:",omitempty"` // Replay: print the report
	Full    bool   `json:",omitempty"` // with every step of the interleaving
	Plainly bool   `json:",omitempty"` // Replay: the plain run in the place of the finding's execution

	Document string `json:",omitempty"` // Replay: name of the file for the execution as data, a report.Finding; "" for none
	Patient  bool   `json:",omitempty"` // nobody watches the time: a debugger may stand still
	Leaks    bool   `json:",omitempty"` // a goroutine that is left is a finding
}

// Environ returns the plan as an element of an environment.
func (p *Plan) Environ() string {
	b, err := json.Marshal(p)
	if err != nil {
		panic(err) // there is nothing in it that cannot be marshalled
	}
	return Env + "=" + string(b)
}

// LiveSeed returns the seed of the n-th live run; 0, for the first, delays nothing.
func (p *Plan) LiveSeed(n int) uint64 {
	if n == 0 {
		return 0
	}
	return p.Seed + uint64(n)*0x9E3779B97F4A7C15 | 1
}

// RaceEnviron returns what tells the race detector of a process to write to files whose names begin with log, as an element
// of an environment. It is to report whatever comes again: one process runs many executions.
func RaceEnviron(log string) string {
	return fmt.Sprintf("GORACE=%s log_path='%s' suppress_equal_stacks=0 halt_on_error=0 atexit_sleep_ms=0", os.Getenv("GORACE"), log)
}

// FromEnv returns the plan that the process was started with, nil if none. It takes it out of the environment: what the
// process itself starts is not meant.
func FromEnv() (*Plan, error) {
	v := os.Getenv(Env)
	if v == "" {
		return nil, nil
	}
	if err := os.Unsetenv(Env); err != nil {
		return nil, err
	}
	if v == Plain {
		return &Plan{Mode: Once}, nil
	}
	p := new(Plan)
	if err := json.Unmarshal([]byte(v), p); err != nil {
		return nil, fmt.Errorf("read %s: %w", Env, err)
	}
	return p, nil
}

// An Event is something that the command must know.
type Event struct {
	Kind EventKind
	N    int `json:",omitempty"` // number of the execution

	Times int `json:",omitempty"` // Began: so many executions have, this one the last; 0 is 1

	search.Measures // Measured; Asked is that of Settled and Leaky too

	Spent    time.Duration `json:",omitempty"` // Ended: by the executions of this process
	Hash     uint64        `json:",omitempty"`
	Verdict  string        `json:",omitempty"`
	Cause    uint64        `json:",omitempty"`
	Forced   bool          `json:",omitempty"` // no schedule had a choice in it
	Ordinary bool          `json:",omitempty"` // Found: a run without control says as much, where it fails there too
	Open     bool          `json:",omitempty"` // Undecided: the test itself had not ended
	Ignored  []string      `json:",omitempty"` // places of comments
	File     string        `json:",omitempty"`
	Why      string        `json:",omitempty"` // Stalled, Lacking: a sentence without a full stop
	Text     string        `json:",omitempty"`
	Warm     int           `json:",omitempty"`

	Sum search.Sum `json:",omitzero"` // Explored

	Orders     trace.Orders        `json:",omitzero"` // of a replay
	Races      Span                `json:",omitzero"`
	Prediction *predict.Prediction `json:",omitempty"`
	Places     *access.Places      `json:",omitempty"`
}

// A Span is a part of a file, in bytes.
type Span struct{ From, To int64 }

// An EventKind is what an Event says.
type EventKind string

// The kinds.
const (
	Began     EventKind = "began"     // execution N begins
	Placed    EventKind = "placed"    // in all executions of a Record: plain accesses may race at Places
	Measured  EventKind = "measured"  // the first plain run has ended: Measures, Hash
	Settled   EventKind = "settled"   // the plain run has ended and repeats: Asked, Hash, Warm
	Skipped   EventKind = "skipped"   // the test skips itself
	Explored  EventKind = "explored"  // the orders of the test were gone through, as far as Sum says
	Found     EventKind = "found"     // execution N ended in Verdict by Cause; File holds it, Text says it
	Predicted EventKind = "predicted" // execution N gives reason for Prediction
	Ignored   EventKind = "ignored"   // execution N would have ended in Verdict by Cause, or leaves more behind than it is said to, but for the code: Ignored
	Undecided EventKind = "undecided" // execution N was ended in a state, Cause, of which it is not known whether it ends by itself: Text, Open
	Dirty     EventKind = "dirty"     // execution N has left state behind: the process must end
	Leaky     EventKind = "leaky"     // every execution leaves state behind that changes the next
	Stalled   EventKind = "stalled"   // execution N blocks where no schedule reaches: Text
	Lacking   EventKind = "lacking"   // execution N does what takes sockets of the machine: Why. The process ends
	TooLong   EventKind = "toolong"   // execution N went on for too long and was given up
	Replayed  EventKind = "replayed"  // execution N of a replay ended in Verdict by Cause; Text says what did not come
	Shrunk    EventKind = "shrunk"    // File holds a smaller schedule, Text says it
	Told      EventKind = "told"      // File holds the finding with its story, Text says it
	Raced     EventKind = "raced"     // what the race detector has written in Races is in a Found or Replayed, or is no finding
	Ended     EventKind = "ended"     // all that was planned before N is done: Spent
)

// Execution is what number n is called.
func Execution(n int) string { return fmt.Sprintf("execution %d", n) }

// A Log appends events to a file. It is for one goroutine at a time. Executions of which there is nothing to say but that
// they began have one line together: there may be millions.
type Log struct {
	file *os.File
	end  int64
	each bool // a line for each execution

	orders *Orders

	times int   // executions in a row of which there was nothing else to say
	began int64 // where their line is, if there are any
	buf   []byte
}

// beganWidth is the length of a line that is written over.
const beganWidth = 80

// Open opens the log of a plan. The log of a plan that wants no events takes them and keeps none.
func (p *Plan) Open() (*Log, error) {
	if p.Events == "" {
		return new(Log), nil
	}
	f, err := os.OpenFile(p.Events, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	return &Log{file: f, end: end, each: len(p.Steer) > 0, orders: NewOrders(OrdersBeside(f.Name()))}, nil
}

// OrdersBeside names the file of the orders that were seen, beside a log of that name.
func OrdersBeside(log string) string { return log + ".orders" }

// OutputBeside names the file, beside a log of that name, of what was printed in an execution that has not ended; "" without a log.
func OutputBeside(log string) string {
	if log == "" {
		return ""
	}
	return log + ".output"
}

// Saw notes the order of an execution. It is in a file after the next event that is more than that an execution
// began, or some executions later.
func (l *Log) Saw(hash uint64) error {
	if l.file == nil {
		return nil
	}
	return l.orders.Saw(hash)
}

// ReadOrders reads the orders that were noted beside a log of that name.
func ReadOrders(log string) (hashes []uint64, err error) {
	content, err := os.ReadFile(OrdersBeside(log))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // none were seen
	}
	return decodeOrders(content), err
}

// Add appends an event. It is in the file when Add returns.
func (l *Log) Add(e Event) error {
	if l.file == nil {
		return nil
	}
	if e.Kind != Began {
		if err := l.orders.Flush(); err != nil {
			return err
		}
	}
	at := l.end
	together := e.Kind == Began && e.N > 0 && !l.each
	if together {
		if l.times++; l.times > 1 {
			at = l.began
		}
		l.began, e.Times = at, l.times
	} else {
		l.times = 0
	}
	b, err := l.line(e, together)
	if err != nil {
		return err
	}
	if _, err := l.file.WriteAt(b, at); err != nil { // one write: the line is there whole or not at all
		return err
	}
	l.end = max(l.end, at+int64(len(b)))
	return nil
}

// line returns the line of an event. That of executions of which there is nothing else to say is written for each: it is put together
// by hand, and has the same length each time.
func (l *Log) line(e Event, together bool) ([]byte, error) {
	if !together {
		b, err := json.Marshal(e)
		return append(b, '\n'), err
	}
	b := append(l.buf[:0], `{"Kind":"began","N":`...)
	b = strconv.AppendInt(b, int64(e.N), 10)
	b = strconv.AppendInt(append(b, `,"Times":`...), int64(e.Times), 10)
	b = append(b, '}')
	for len(b) < beganWidth-1 {
		b = append(b, ' ')
	}
	l.buf = append(b, '\n')
	return l.buf, nil
}

// Events reads a log: whole lines, as far as there are any.
func Events(content []byte) (events []Event) {
	for {
		i := bytes.IndexByte(content, '\n')
		if i < 0 {
			return events
		}
		var e Event
		if json.Unmarshal(content[:i], &e) == nil {
			events = append(events, e)
		}
		content = content[i+1:]
	}
}
