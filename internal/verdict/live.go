package verdict

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jostle-dev/jostle/internal/goroutines"
	"github.com/jostle-dev/jostle/internal/trace"
)

// A Live goroutine is one of the process, read from its stack as the runtime prints it.
type Live struct {
	ID    uint64
	State string // what the runtime says that it waits in: "chan receive", "sync.Mutex.Lock", "IO wait"; or "running", …
	Stack string // without frames of ours
	// Leaked is set if the runtime has found, when it was last asked for leaked goroutines, that nothing can reach what it waits for.
	Leaked bool
}

var header = regexp.MustCompile(`^goroutine (\d+)[^\[]*\[([^\],]*?)( \(leaked\))?(?: \((?:scan|durable)\))*[\],]`)

// ReadLive reads the stacks of goroutines. What it cannot read it leaves out.
func ReadLive(stacks []string) []Live {
	var out []Live
	for _, s := range stacks {
		m := header.FindStringSubmatch(s)
		if m == nil {
			continue
		}
		id, err := strconv.ParseUint(m[1], 10, 64)
		if err != nil {
			continue
		}
		out = append(out, Live{ID: id, State: m[2], Stack: cleanStack(s), Leaked: m[3] != ""})
	}
	return out
}

// forGood are the states that only another goroutine can end. One that sleeps, runs, or waits for the network or a system
// call may go on by itself. A select may have a case for a timer: that is for the caller to know.
var forGood = []string{
	"chan receive", "chan send", "select", "select (no cases)", "chan receive (nil chan)", "chan send (nil chan)",
	"sync.Mutex.Lock", "sync.RWMutex.Lock", "sync.RWMutex.RLock", "sync.WaitGroup.Wait", "sync.Cond.Wait", "semacquire",
}

// Blocked reports whether only another goroutine can end what g waits in.
func (g Live) Blocked() bool { return slices.Contains(forGood, g.State) }

// Runs reports whether g runs, or would if it had a processor: what comes of it is not known yet.
func (g Live) Runs() bool {
	return slices.Contains([]string{"running", "runnable", "preempted", "GC assist wait", "GC assist marking"}, g.State)
}

// Sleeps reports whether g will continue by itself.
func (g Live) Sleeps() bool { return g.State == "sleep" }

// OnNetwork reports whether g waits for the network, or for a pipe.
func (g Live) OnNetwork() bool { return g.State == "IO wait" }

// Selects returns the file in which g waits in a select, if that is not one of the standard library; "" if it waits in something else.
func (g Live) Selects() string {
	if g.State != "select" {
		return ""
	}
	for _, f := range g.frames() {
		if !f.std && !f.created {
			return f.file[:max(strings.LastIndexByte(f.file, ':'), 0)]
		}
		if f.fn != "reflect.rselect" && f.fn != "reflect.Select" && !strings.HasPrefix(f.fn, "runtime.") {
			break
		}
	}
	return ""
}

// Calls returns the functions on g's stack, the innermost first.
func (g Live) Calls() []string {
	var out []string
	for _, f := range g.frames() {
		out = append(out, f.fn)
	}
	return out
}

// A frame is a call on a stack.
type frame struct {
	fn, file string
	std      bool // of the standard library
	created  bool // it is the go statement that has started the goroutine
}

// frames returns g's stack, the innermost call first.
func (g Live) frames() []frame {
	var out []frame
	lines := strings.Split(g.Stack, "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		var f frame
		f.fn, f.created = strings.CutPrefix(lines[i], "created by ")
		if j := strings.LastIndexByte(f.fn, '('); j > 0 && !f.created {
			f.fn = f.fn[:j]
		}
		f.fn, _, _ = strings.Cut(f.fn, " in goroutine")
		f.file, _, _ = strings.Cut(strings.TrimSpace(lines[i+1]), " +0x")
		host, _, _ := strings.Cut(f.fn, "/")
		f.std = !strings.Contains(f.fn, "/") && !strings.HasPrefix(f.fn, "main.") || strings.Contains(f.fn, "/") && !strings.Contains(host, ".")
		out = append(out, f)
	}
	return out
}

// place returns where in code that is not the standard library's g is, or else in what of it, and by which function g is
// called.
func (g Live) place() (at, name string) {
	frames := g.frames()
	for _, f := range frames {
		if !f.std && !f.created {
			at = f.file
			break
		}
	}
	if name = goroutines.RunBy("\n" + g.Stack); at != "" && name != "" {
		return at, name
	}
	for _, f := range frames {
		if !f.created || name == "" {
			name = f.fn // what has been started
		}
	}
	if at == "" {
		// The runtime's own functions say nothing, nor do those of package reflect, by which a rewritten select waits.
		for _, f := range frames {
			if at = f.file; !strings.HasPrefix(f.fn, "runtime.") && !strings.Contains(f.fn, "internal/") && !strings.HasPrefix(f.fn, "sync.") && !strings.HasPrefix(f.fn, "reflect.") {
				name = f.fn
				break
			}
		}
	}
	return at, goroutines.InPackage(name)
}

// Live reports whether v is of a live run: there are no steps, and who waits for whom is not known.
func (v *Verdict) Live() bool {
	return slices.ContainsFunc(slices.Concat(v.Knot, v.Others, v.Left), func(g Goroutine) bool { return g.State != "" })
}

// NewLive returns the verdict on a live run whose goroutines, those of the test that are left, can never go on: a
// Deadlock if the test itself is among them, else a Leak.
func NewLive(k Kind, evidence string, stuck []Live) *Verdict {
	v := &Verdict{Kind: k, Evidence: evidence, names: map[uint32]string{}}
	if k == Leak {
		v.Rule = Cancel
	}
	for _, g := range stuck {
		out := Goroutine{ID: uint32(g.ID), State: g.State, Stack: g.Stack}
		out.Place, out.Name = g.place()
		v.names[out.ID] = "g" + strconv.FormatUint(g.ID, 10) + " " + out.Name
		v.Others = append(v.Others, out)
	}
	return v
}

// Miss makes v, which is of a live run, a lost wake-up if one of those that are stuck has missed its own.
func (v *Verdict) Miss(all []trace.Missed) {
	for _, m := range all {
		i := slices.IndexFunc(v.Others, func(g Goroutine) bool { return uint64(g.ID) == m.Goroutine })
		if i < 0 || v.Kind != Deadlock && v.Kind != Leak {
			continue
		}
		g := v.Others[i]
		g.Op, g.Site = trace.OpCondWait, m.Wait
		g.Waits = []Waiting{{Object: Object{Kind: trace.Cond, Name: m.Wait.Expr}, Op: trace.OpCondWait}}
		v.names[uint32(m.By)] = "g" + strconv.FormatUint(m.By, 10) + " " + goroutines.RunByCallers(m.Callers)
		v.Knot, v.Others = []Goroutine{g}, slices.Delete(v.Others, i, i+1)
		v.Lost = &Event{Task: uint32(m.By), Op: m.Op, Site: m.Site}
		v.Kind, v.Rule = LostWakeup, Propagate
		return
	}
}

// Calls returns what a goroutine's stack, as the runtime prints it, shows of the code under test: the innermost call first.
func Calls(stack string) []RaceFrame {
	var out []RaceFrame
	for _, f := range (Live{Stack: cleanStack(stack)}).frames() {
		if !f.created {
			out = append(out, RaceFrame{f.fn, f.file})
		}
	}
	return out
}
