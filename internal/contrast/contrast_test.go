package contrast_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/contrast"
	"github.com/jostle-dev/jostle/internal/trace"
)

// A program reads executions from text. They share their sync points, as those of one program do.
type program struct {
	sites map[string]*trace.Site
}

// run reads an execution. Each line is a step: goroutine, operation, object, line of the source; then "until" and the number of the step
// that ended its wait, or "blocks" if nothing does. An operation "case receive" is that of the select before it. Goroutines are started by
// the first in the order of their numbers, which is that of their start statements in all executions.
func (p *program) run(t *testing.T, text string) (contrast.Run, map[string]uint32) {
	t.Helper()
	var r contrast.Run
	objects, names := map[string]uint32{}, map[string]uint32{}
	task := func(name string) uint32 {
		if names[name] == 0 {
			names[name] = uint32(len(r.Tasks) + 1)
			r.Tasks = append(r.Tasks, trace.TaskState{ID: names[name], Spawned: p.site("go " + name), State: trace.Ended})
			if len(r.Tasks) > 1 {
				r.Tasks[names[name]-1].Parent = 1
			}
		}
		return names[name]
	}
	for line := range strings.Lines(strings.TrimSpace(text)) {
		line = strings.TrimSpace(line)
		line, blocks := strings.CutSuffix(line, " blocks")
		line, until, _ := strings.Cut(line, " until ")
		f := strings.Fields(line)
		require.Len(t, f, 4, line)
		s := trace.Step{Task: task(f[0]), Op: op(t, strings.ReplaceAll(strings.TrimPrefix(f[1], "case-"), "-", " ")), Site: p.site(f[3])}
		if s.Op == trace.OpSelect || strings.HasPrefix(f[1], "case-") {
			s.Site.Cases = []trace.SiteCase{{Op: trace.OpSend}, {Op: trace.OpRecv}, {Op: trace.OpRecv}}
		}
		if f[2] != "-" {
			if objects[f[2]] == 0 {
				objects[f[2]] = uint32(len(objects) + 1)
			}
			s.Object = objects[f[2]]
		}
		if until != "" {
			n, err := strconv.Atoi(until)
			require.NoError(t, err)
			s.Until = uint32(n)
		}
		if s.Op == trace.OpAtomic {
			s.Object, s.Site.Var = 0, 77
		}
		r.Steps = append(r.Steps, s)
		if blocks {
			r.Tasks[s.Task-1].State, r.Tasks[s.Task-1].Site = trace.Blocked, s.Site
		}
	}
	return r, objects
}

func (p *program) site(at string) *trace.Site {
	if p.sites[at] == nil {
		p.sites[at] = &trace.Site{File: at, Key: uint64(len(p.sites) + 1)}
	}
	return p.sites[at]
}

func op(t *testing.T, name string) trace.Op {
	t.Helper()
	for o := trace.OpNone; o <= trace.OpStall; o++ {
		if o.String() == name {
			return o
		}
	}
	t.Fatalf("there is no operation %q", name)
	return trace.OpNone
}

func TestOf(t *testing.T) {
	tests := []struct {
		name            string
		fails, passes   string
		story           string // an object, in the execution that fails
		stuck           string // a goroutine that the story is about
		parts           int
		orders, choices []string
	}{
		{
			name: "two locks in two orders",
			fails: `main lock a :0
				g2 lock a :1
				g3 lock b :3
				g3 lock a :4 blocks
				g2 lock b :2 blocks`,
			passes: `main lock a :0
				g2 lock a :1
				g2 lock b :2
				g3 lock b :3 until 4
				g3 lock a :4`,
			parts:  3,
			orders: []string{"g2 lock :2 (never ends, 3) before g3 lock :3 (3, 4)"},
		},
		{
			name: "a lock that was waited for is taken when the wait ends",
			fails: `main lock a :0
				g2 lock a :1 until 4
				g3 lock a :2
				g3 send c :3
				g2 send c :4`,
			passes: `main lock a :0
				g2 lock a :1
				g3 lock a :2
				g3 send c :3
				g2 send c :4`,
			parts: 0, // the steps are the same, and only who got the lock when is not
		},
		{
			name: "a signal before the wait",
			fails: `main lock m :0
				g2 signal c :1
				g3 cond-wait c :2 blocks`,
			passes: `main lock m :0
				g3 cond-wait c :2 until 3
				g2 signal c :1`,
			parts:  2,
			orders: []string{"g3 cond wait :2 (never ends, 2) before g2 signal :1 (2, 3)"},
		},
		{
			name: "another goroutine receives",
			fails: `main send c :0
				g2 receive c :1
				g3 receive c :2 blocks`,
			passes: `main send c :0
				g3 receive c :2
				g2 send d :5`,
			parts:  2,
			orders: []string{"g3 receive :2 (never ends, 2) before g2 receive :1 (2, 0)"},
		},
		{
			name: "what the story is about comes first",
			fails: `main lock a :0
				g2 lock a :1
				g3 lock a :2
				g2 close c :3
				g3 send c :4`,
			passes: `main lock a :0
				g3 lock a :2
				g2 lock a :1
				g3 send c :4
				g2 close c :3`,
			story:  "c",
			parts:  2,
			orders: []string{"g3 send :4 (5, 4) before g2 close :3 (4, 5)", "g3 lock :2 (3, 2) before g2 lock :1 (2, 3)"},
		},
		{
			name: "of several on one object the goroutine that is stuck explains most",
			fails: `main lock a :0
				g2 lock a :1
				g3 lock a :2
				g4 lock a :3
				g4 receive c :4 blocks`,
			passes: `main lock a :0
				g3 lock a :2
				g4 lock a :3
				g2 lock a :1
				g4 receive c :4`,
			stuck:  "g4",
			parts:  2,
			orders: []string{"g4 lock :3 (4, 3) before g2 lock :1 (2, 4)"},
		},
		{
			name: "who reads what does not matter, nor who sends to whom first",
			fails: `main send c :0
				g2 read-lock a :1
				g3 read-lock a :2
				g2 send c :3
				g3 receive c :4`,
			passes: `main send c :0
				g3 read-lock a :2
				g2 read-lock a :1
				g3 receive c :4 until 5
				g2 send c :3`,
			parts: 2,
		},
		{
			name: "a writer that waits keeps a reader out",
			fails: `main read-lock a :0
				g2 lock a :1 blocks
				main read-lock a :2 blocks`,
			passes: `main read-lock a :0
				main read-lock a :2
				g2 lock a :1`,
			parts:  2,
			orders: []string{"main read lock :2 (never ends, 2) before g2 lock :1 (never ends, 3)"},
		},
		{
			name: "a variable is looked at before it is set",
			fails: `main lock a :0
				g2 atomic v :1
				g3 atomic v :2`,
			passes: `main lock a :0
				g3 atomic v :2
				g2 atomic v :1`,
			parts:  2,
			orders: []string{"g3 atomic :2 (3, 2) before g2 atomic :1 (2, 3)"},
		},
		{
			name: "a select takes its default",
			fails: `main send c :0
				g2 select - :1
				g3 receive c :2 blocks`,
			passes: `main send c :0
				g3 receive c :2 until 4
				g2 select - :1
				g2 case-send c :1`,
			parts:   2,
			choices: []string{"g2 :1 none here, send there"},
		},
		{
			name: "a select takes another case of the same kind",
			fails: `main send c :0
				main send d :5
				g3 lock a :6
				g2 select - :1
				g2 case-receive c :1`,
			passes: `main send c :0
				main send d :5
				g2 select - :1
				g2 case-receive d :1`,
			parts:   3,
			choices: []string{"g2 :1 receive here, receive there"},
		},
		{
			name: "a select takes the same case, on another channel",
			fails: `main send c :0
				main send d :5
				g3 lock a :6
				g2 select - :1
				g2 case-send c :1`,
			passes: `main send c :0
				main send d :5
				g2 select - :1
				g2 case-send d :1`,
			parts: 3,
		},
		{
			name: "a goroutine that only one execution has",
			fails: `main lock a :0
				g2 lock a :1`,
			passes: `main lock a :0
				g4 lock a :3
				g2 lock a :1`,
			parts: 2,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &program{sites: map[string]*trace.Site{}}
			fails, objects := p.run(t, tt.fails)
			passes, _ := p.run(t, tt.passes)
			names := map[uint32]string{}
			for _, task := range fails.Tasks {
				names[task.ID] = strings.TrimPrefix(task.Spawned.File, "go ")
			}
			about := contrast.About{
				Objects: map[uint32]bool{objects[tt.story]: tt.story != ""}, Tasks: map[uint32]bool{}, Reads: func(*trace.Site) bool { return false },
			}
			for id, name := range names {
				about.Tasks[id] = name == tt.stuck
			}
			d, ok := contrast.Of(fails, passes, about)
			assert.Equal(t, tt.parts > 0, ok)
			assert.Equal(t, tt.parts, d.Parts)
			said := func(o contrast.Operation) string {
				here := fmt.Sprint(o.Here)
				if o.Blocked {
					here = "never ends"
				}
				return fmt.Sprintf("%s %s %s (%s, %d)", names[o.Task], o.Op, o.Site.File, here, o.There)
			}
			var orders, choices []string
			for _, o := range d.Orders {
				orders = append(orders, said(o.First)+" before "+said(o.Then))
			}
			for _, c := range d.Choices {
				choices = append(choices, fmt.Sprintf("%s %s %s here, %s there", names[c.Task], c.Site.File, caseOf(c.Here), caseOf(c.There)))
			}
			assert.Equal(t, tt.orders, orders)
			assert.Equal(t, tt.choices, choices)
		})
	}
}

func caseOf(c contrast.Case) string {
	if c.Op == trace.OpNone {
		return "none"
	}
	return c.Op.String()
}
