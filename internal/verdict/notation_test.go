package verdict

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/trace"
)

// A notation is a program as a few lines have it: its functions, their sync points, and what goroutines did at them until nothing could run.
//
//	func main 1-9 loop 2-5 defer 8-8 runs main.func1@9 calls sink@9 takes in makes req@queue
//	  2 go worker
//	  4 receive done
//	flow out in                  // the variable in may hold what out does
//	g1 2 > g2; g2 12; g2 ends    // steps: goroutine and line; the line of a go statement with what it starts
//	g1 4 blocks < main 3         // where it is stuck, and the calls that led there
//
// An operand a=b is the variable a that holds the object b, and a=nil one that holds nothing; a>b is a direction of a connection, and b>a the other one. A select's cases are divided by |. Behind the line, "nobody" says that a
// wake-up met nobody, "never" that a timer is set to a time that does not come, "until 7" that a wait was ended by that step, "in send" which case of a select came about.
type notation struct {
	t       *testing.T
	sites   []trace.Site
	vars    map[int32][]string // by line: the operands
	file    program.File
	snap    trace.Snapshot
	objects map[string]int // index into snap.Objects
	root    map[uint32]string
}

// An operation is what a word of the notation means.
type operation struct {
	name string // of its site
	op   trace.Op
	kind trace.Kind
}

var operations = map[string]operation{
	"lock": {"MutexLock", trace.OpLock, trace.Mutex}, "unlock": {"MutexUnlock", trace.OpUnlock, trace.Mutex},
	"rlock": {"RWMutexRLock", trace.OpRLock, trace.RWMutex}, "runlock": {"RWMutexRUnlock", trace.OpRUnlock, trace.RWMutex},
	"wlock": {"RWMutexLock", trace.OpLock, trace.RWMutex}, "wunlock": {"RWMutexUnlock", trace.OpUnlock, trace.RWMutex},
	"send": {"send", trace.OpSend, trace.Chan}, "receive": {"receive", trace.OpRecv, trace.Chan}, "close": {"close", trace.OpClose, trace.Chan},
	"condwait": {"CondWait", trace.OpCondWait, trace.Cond}, "signal": {"CondSignal", trace.OpSignal, trace.Cond},
	"broadcast": {"CondBroadcast", trace.OpBroadcast, trace.Cond}, "add": {"WaitGroupAdd", trace.OpAdd, trace.WaitGroup},
	"done": {"WaitGroupDone", trace.OpDone, trace.WaitGroup}, "wait": {"WaitGroupWait", trace.OpWait, trace.WaitGroup},
	"once": {"OnceDo", trace.OpOnce, trace.Once}, "acquire": {"Acquire", trace.OpAcquire, trace.Resource},
	"release": {"Release", trace.OpRelease, trace.Resource}, "context": {"ContextWithCancel", trace.OpContext, trace.Chan},
	"read": {"read", trace.OpRead, trace.Socket}, "write": {"write", trace.OpWrite, trace.Socket},
	"timer": {"TimerStop", trace.OpTimer, trace.Chan}, "go": {"go", trace.OpGo, 0}, "wggo": {"WaitGroupGo", trace.OpGo, trace.WaitGroup},
}

const file = "/src/m/m.go"

// read returns the verdict on a program.
func read(t *testing.T, text string) *Verdict {
	t.Helper()
	p := &notation{t: t, vars: map[int32][]string{}, objects: map[string]int{}, root: map[uint32]string{}, file: program.File{Name: file}}
	p.sites = make([]trace.Site, 0, 32) // others point at them
	p.snap.Quiet, p.snap.Culprit = trace.Proved, -1
	var steps []string
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "//")
		f := strings.Fields(line)
		switch {
		case len(f) == 0:
		case f[0] == "func":
			p.function(f)
		case f[0] == "flow":
			p.file.Flows = append(p.file.Flows, variable(f[1]), variable(f[2]))
		case f[0][0] == 'g':
			steps = append(steps, strings.Split(line, ";")...)
		default:
			p.site(f)
		}
	}
	for _, s := range steps {
		p.step(strings.Fields(s))
	}
	p.snap.Total = len(p.snap.Steps)
	p.snap.Settled = p.snap.Total
	v := Of(&p.snap, NewCode([][]trace.Site{p.sites}, []program.File{p.file}))

	// As data it says the same.
	data, err := Save(&p.snap, [][]trace.Site{p.sites}, []program.File{p.file})
	require.NoError(t, err)
	var s Saved
	require.NoError(t, json.Unmarshal(data, &s))
	again := s.Verdict()
	require.Equal(t, v.Facts(), again.Facts())
	require.Equal(t, told(v), told(again))
	return v
}

// variable identifies a variable, or the field that is the last of a name with dots.
func variable(name string) uint64 {
	name = name[strings.LastIndexByte(name, '.')+1:]
	h := fnv.New64a()
	fmt.Fprint(h, name)
	return h.Sum64()
}

func (p *notation) number(s string) (n int32) {
	_, err := fmt.Sscan(strings.TrimLeft(s, "g@"), &n)
	require.NoError(p.t, err, s)
	return n
}

func (p *notation) function(f []string) {
	lines := func(s string) (int32, int32) {
		from, to, _ := strings.Cut(s, "-")
		return p.number(from), p.number(to)
	}
	fn := program.Function{Name: "m." + f[1]}
	fn.From, fn.To = lines(f[2])
	for i := 3; i+1 < len(f); i += 2 {
		name, until, _ := strings.Cut(f[i+1], "@")
		switch f[i] {
		case "loop":
			from, to := lines(f[i+1])
			fn.Rounds = append(fn.Rounds, from, to)
		case "endless": // but for a receive: 2-9@quit
			lines, quit, _ := strings.Cut(f[i+1], "@")
			l := program.Loop{Ends: []program.LoopEnd{{Op: trace.OpRecv, Var: variable(quit)}}}
			from, to, _ := strings.Cut(lines, "-")
			l.From, l.To = p.number(from), p.number(to)
			fn.Loops = append(fn.Loops, l)
		case "defer":
			from, to := lines(f[i+1])
			fn.Deferred = append(fn.Deferred, from, to)
		case "runs":
			fn.Runs, fn.RunsUntil = append(fn.Runs, "m."+name), append(fn.RunsUntil, p.number(until))
		case "calls":
			fn.Calls, fn.Until = append(fn.Calls, "m."+name), append(fn.Until, p.number(until))
		case "gets", "makes": // what it receives as name@channel, and what it makes and sends
			fn.Parcels = append(fn.Parcels, program.Parcel{Name: name, Channel: variable(until), Sent: f[i] == "makes"})
		case "forwards": // what it has not made
			fn.Parcels = append(fn.Parcels, program.Parcel{Channel: variable(name), Sent: true})
		case "takes":
			fn.Params = append(fn.Params, variable(f[i+1]))
		default:
			p.t.Fatal(f[i])
		}
	}
	p.file.Funcs = append(p.file.Funcs, fn)
}

func (p *notation) site(f []string) {
	line := p.number(f[0])
	require.Less(p.t, len(p.sites), cap(p.sites))
	p.sites = p.sites[:len(p.sites)+1]
	s := &p.sites[len(p.sites)-1]
	s.File, s.Line, s.Func, s.Key = file, line, p.file.Funcs[len(p.file.Funcs)-1].Name, uint64(line)
	if f[1] == "select" {
		s.Op, s.Name = trace.OpSelect, "select"
		for _, c := range strings.Split(strings.Join(f[2:], " "), "|") {
			c := strings.Fields(c)
			name, _, _ := strings.Cut(c[1], "=")
			s.Cases = append(s.Cases, trace.SiteCase{Op: operations[c[0]].op, Expr: name, Var: variable(name)})
			p.vars[line] = append(p.vars[line], c[1])
		}
		return
	}
	o, ok := operations[f[1]]
	require.True(p.t, ok, f[1])
	s.Op, s.Kind, s.Name, s.Expr = o.op, o.kind, o.name, f[2]
	if o.op == trace.OpContext {
		s.Op, s.Kind, s.Elsewhere = trace.OpCancel, 0, true
	}
	if o.op == trace.OpGo {
		s.Starts = "m." + f[2]
		f = f[1:]
	}
	if len(f) > 2 {
		s.Expr, _, _ = strings.Cut(f[2], "=")
		s.Var = variable(s.Expr)
		p.vars[line] = []string{f[2]}
	}
}

func (p *notation) task(name string) *trace.TaskState {
	id := int(p.number(name))
	for len(p.snap.Tasks) < id {
		p.snap.Tasks = append(p.snap.Tasks, trace.TaskState{ID: uint32(len(p.snap.Tasks) + 1)})
	}
	return &p.snap.Tasks[id-1]
}

func (p *notation) object(operand string, kind trace.Kind, s *trace.Site) *trace.ObjectState {
	name, object, other := strings.Cut(operand, "=")
	if !other {
		object = name
	}
	i, ok := p.objects[object]
	if !ok {
		i = len(p.snap.Objects)
		p.objects[object] = i
		p.snap.Objects = append(p.snap.Objects, trace.ObjectState{ID: uint32(i + 1), Kind: kind, First: s})
		if kind == trace.Socket {
			p.snap.Objects[i].Name = object
			from, to, _ := strings.Cut(object, ">")
			if j, ok := p.objects[to+">"+from]; ok {
				p.snap.Objects[i].Back, p.snap.Objects[j].Back = uint32(j+1), uint32(i+1)
			}
		}
	}
	o := &p.snap.Objects[i]
	for j, v := range o.Vars {
		if v == variable(name) {
			break
		}
		if v == 0 {
			o.Vars[j] = variable(name)
			break
		}
	}
	return o
}

// step reads what a goroutine did.
func (p *notation) step(f []string) {
	t := p.task(f[0])
	n := len(p.snap.Steps) + 1
	if f[1] == "ends" {
		t.State, t.Stack = trace.Ended, ""
		p.snap.Steps = append(p.snap.Steps, trace.Step{Task: t.ID, Op: trace.OpExit, Site: t.Last})
		return
	}
	line := p.number(f[1])
	s := p.at(line)
	if p.root[t.ID] == "" {
		p.root[t.ID] = s.Func
		t.Name = strings.TrimPrefix(s.Func, "m.")
	}
	done := &trace.Step{Task: t.ID, Site: s}
	word, operand := s.Name, ""
	if vars := p.vars[line]; len(vars) > 0 {
		operand = vars[0]
	}
	blocks, nobody, cancels, never := false, false, false, false
	calls := ""
	for i := 2; i < len(f); i++ {
		switch f[i] {
		case ">":
			child := p.task(f[i+1])
			t = p.task(f[0]) // it may have moved
			child.Parent, child.Spawned, child.Born = t.ID, s, n
			p.root[child.ID] = s.Starts
			child.Name = strings.TrimPrefix(s.Starts, "m.")
			i++
		case "blocks":
			blocks = true
		case "nobody":
			nobody = true
		case "never":
			never = true
		case "cancels": // by the function that came with the context which was made there
			cancels = true
		case "until":
			done.Until = uint32(p.number(f[i+1]))
			i++
		case "in": // the case of a select
			for j, c := range s.Cases {
				if c.Op.String() == f[i+1] {
					word, operand = c.Op.String(), p.vars[line][j]
				}
			}
			i++
		case "<":
			calls += fmt.Sprintf("m.%s()\n\t%s:%s +0x1\n", f[i+1], file, f[i+2])
			i += 2
		default:
			p.t.Fatal(f[i])
		}
	}
	t.Last = s
	switch {
	case cancels:
		done.Op = trace.OpCancel
	case s.Op != trace.OpSelect || word != "select":
		p.do(t, done, word, operand, blocks, nobody)
	}
	if never {
		p.snap.Objects[done.Object-1].Never = true
	}
	p.snap.Steps = append(p.snap.Steps, *done)
	if !blocks {
		return
	}
	t.State, t.Site, t.Since = trace.Blocked, s, n
	t.Stack = fmt.Sprintf("goroutine %d [x]:\n%s()\n\t%s:%d +0x1\n%s", t.ID, s.Func, file, line, calls)
	if root := p.root[t.ID]; root != s.Func && calls == "" {
		t.Stack += fmt.Sprintf("%s()\n\t%s:%d +0x1\n", root, file, p.from(root))
	}
	if s.Op != trace.OpSelect {
		t.Op = done.Op
		if len(t.Wants) == 0 {
			t.Waits = []trace.Wait{{Object: done.Object, Op: done.Op, Case: -1}}
		}
		return
	}
	t.Op = trace.OpSelect
	for i, c := range s.Cases {
		if strings.HasSuffix(p.vars[line][i], "=nil") {
			continue
		}
		o := operations[c.Op.String()]
		t.Waits = append(t.Waits, trace.Wait{Object: p.object(p.vars[line][i], o.kind, s).ID, Op: o.op, Case: i})
	}
}

// do notes what an operation does to its object, unless it blocks.
func (p *notation) do(t *trace.TaskState, done *trace.Step, word, operand string, blocks, nobody bool) {
	n := len(p.snap.Steps) + 1
	var what operation
	for w, o := range operations {
		if o.name == word || w == word {
			what = o
		}
	}
	done.Op = what.op
	if operand == "" {
		return
	}
	o := p.object(operand, what.kind, done.Site)
	done.Object = o.ID
	use := trace.ObjectUse{Task: t.ID, Op: what.op, Site: done.Site, Step: n}
	if nobody {
		o.Dropped = use
	}
	if word == "WaitGroupGo" {
		use.Task = p.snap.Tasks[len(p.snap.Tasks)-1].ID // what it has started
	}
	if blocks {
		switch what.op {
		case trace.OpLock:
			if what.kind == trace.RWMutex {
				o.Pending = t.ID
			}
		case trace.OpAcquire:
			t.Wants = []trace.Want{{Object: o.ID, N: 1, Site: done.Site, Since: n}}
			done.Op = trace.OpRecv // how it waits
		}
		return
	}
	switch what.op {
	case trace.OpLock, trace.OpRLock, trace.OpOnce, trace.OpAcquire:
		t.Holds = append(t.Holds, trace.Held{Object: o.ID, Site: done.Site, Step: n, Read: what.op == trace.OpRLock, N: 1})
		return
	case trace.OpUnlock, trace.OpRUnlock, trace.OpRelease:
		for i, h := range t.Holds {
			if h.Object == o.ID {
				t.Holds = append(t.Holds[:i:i], t.Holds[i+1:]...)
				break
			}
		}
		return
	case trace.OpSend:
		o.Length++
	case trace.OpRecv:
		t.LastRecv = n
		o.Length = max(0, o.Length-1)
	case trace.OpClose:
		o.Closed = true
	case trace.OpContext, trace.OpTimer:
		o.Made = use
	}
	for i, u := range o.Users {
		if u.Task == use.Task && u.Op == use.Op {
			o.Users[i] = use
			return
		}
	}
	o.Users = append(o.Users, use)
}

func (p *notation) at(line int32) *trace.Site {
	for i := range p.sites {
		if p.sites[i].Line == line {
			return &p.sites[i]
		}
	}
	p.t.Fatalf("no sync point in line %d", line)
	return nil
}

func (p *notation) from(fn string) int32 {
	for i := range p.file.Funcs {
		if p.file.Funcs[i].Name == fn {
			return p.file.Funcs[i].From
		}
	}
	return 0
}

// told returns a verdict in the notation of package waitgraph, with the kind, the rule and the shape before it.
func told(v *Verdict) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, rule %d", v.Kind, v.Rule)
	if v.Cycle {
		b.WriteString(", circle")
	}
	if v.Idle {
		b.WriteString(", idle")
	}
	if v.Cancel != nil {
		fmt.Fprintf(&b, ", cancelled that of %d", v.Cancel.Site.Line)
	}
	for _, g := range v.Knot {
		fmt.Fprintf(&b, "\n%d ", g.ID)
		for i, w := range g.Waits {
			if i > 0 {
				b.WriteString(" | ")
			}
			fmt.Fprintf(&b, "%s %s", w.Op, w.Object.Name)
			if w.Leaves {
				b.WriteString(" to leave")
			}
			b.WriteByte(':')
			for j, r := range w.By {
				if j > 0 {
					b.WriteString(",")
				}
				fmt.Fprintf(&b, " %d", r.Task)
				if r.Ended {
					b.WriteString("†")
				}
				fmt.Fprintf(&b, " %s", r.How)
				if r.Elsewhere {
					b.WriteString(" elsewhere")
				}
			}
		}
	}
	return b.String()
}
