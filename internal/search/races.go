package search

import (
	"slices"

	"github.com/jostle-dev/jostle/internal/trace"
)

// dependent[a] are the ways of use, as bits, of which one must not change places with a use a.
var dependent = func() (with [13]uint16) {
	pairs := map[trace.How][]trace.How{
		trace.Looks:          {trace.Changes, trace.Adds, trace.Dones, trace.Sends, trace.Receives, trace.Takes, trace.Gives},
		trace.Changes:        {trace.Changes, trace.Adds, trace.Dones, trace.Waits, trace.Sends, trace.Receives, trace.Takes, trace.Gives},
		trace.Adds:           {trace.Dones, trace.Waits}, // Dones: see reaches
		trace.Sends:          {trace.Sends},
		trace.Receives:       {trace.Receives},
		trace.Takes:          {trace.Takes, trace.Gives},
		trace.Gives:          {trace.Gives},
		trace.WaitsToSend:    {trace.Sends, trace.WaitsToSend, trace.ReceivesNot},
		trace.WaitsToReceive: {trace.Receives, trace.WaitsToReceive, trace.SendsNot},
		// One that sends and one that receives could have been partners.
		trace.SendsNot:    {trace.Changes, trace.Sends, trace.Receives, trace.ReceivesNot},
		trace.ReceivesNot: {trace.Changes, trace.Sends, trace.Receives},
	}
	for a, bs := range pairs {
		for _, b := range bs {
			with[a] |= 1 << b
			with[b] |= 1 << a
		}
	}
	return with
}()

// covers[a] are the ways of use, as bits, after which no earlier use of the object needs to be looked at for a: it came before that one.
var covers = [13]uint16{
	trace.Looks:       1<<trace.Changes | 1<<trace.Takes | 1<<trace.Gives,
	trace.Changes:     1 << trace.Changes,
	trace.Adds:        1 << trace.Changes,
	trace.Dones:       1 << trace.Changes,
	trace.Waits:       1 << trace.Changes,
	trace.Sends:       1<<trace.Changes | 1<<trace.Sends,
	trace.Receives:    1<<trace.Changes | 1<<trace.Receives,
	trace.Takes:       1<<trace.Changes | 1<<trace.Takes,
	trace.Gives:       1<<trace.Changes | 1<<trace.Takes | 1<<trace.Gives,
	trace.WaitsToSend: 1 << trace.Sends, trace.WaitsToReceive: 1 << trace.Receives,
	trace.SendsNot: 1 << trace.Changes, trace.ReceivesNot: 1 << trace.Changes,
}

// depend reports whether one of two transitions does something that must not change places with what the other does.
func depend(a, b []trace.Access) bool {
	for _, x := range a {
		for _, y := range b {
			if x.Object == y.Object && dependent[x.How]>>y.How&1 != 0 {
				return true
			}
		}
	}
	return false
}

// A clock is, by task, how many transitions come before: the index of the last one of the task, plus 1.
type clock []int32

func (c clock) join(o clock) {
	for t, i := range o {
		c[t] = max(c[t], i)
	}
}

// A use is an access and the transition that has it.
type use struct {
	at  int32
	how trace.How
	n   int32
}

// An analysis looks for transitions of one execution that could have come in another order, and notes in the path who is to run instead.
type analysis struct {
	e           *Exploration
	transitions []trace.Transition
	snap        *trace.Snapshot

	sure   []clock // by transition: what came before it whatever is said of wait groups
	clocks []clock // by transition
	last   []int32 // by task: its last transition, plus 1
	floor  clock   // of the last time that time has passed
	uses   map[int32][]use
	nodes  map[int32]int // of the path, by the transition that follows
	tasks  int
}

// races looks at an execution. It ended there, or if it is blocked before.
func (a *analysis) races(blocked bool) {
	for _, tr := range a.transitions {
		a.tasks = max(a.tasks, int(tr.Task)+1)
	}
	a.nodes = map[int32]int{}
	for i := range a.e.Path {
		if n := &a.e.Path[i]; n.Alternatives == 0 {
			a.nodes[n.At] = i
		}
	}
	fresh := int32(0)
	if f := a.e.From; f >= 0 && f < len(a.e.Path) {
		for ; f > 0 && a.e.Path[f].Alternatives > 0; f-- {
		}
		if a.e.Path[f].Alternatives == 0 {
			fresh = a.e.Path[f].At
		}
	}
	a.pass(int32(len(a.transitions))) // for what is sure
	a.sure = a.clocks
	a.pass(fresh)
	if blocked {
		return
	}
	for task, does := range waiting(a.snap) {
		if int(task) < a.tasks {
			c := make(clock, a.tasks)
			a.before(c, task)
			a.meets(int32(len(a.transitions)), task, c, does, true)
		}
	}
}

// pass goes through the transitions, and says what came before each. From index fresh on it looks for what could have come in another order.
func (a *analysis) pass(fresh int32) {
	a.clocks, a.last, a.floor, a.uses = nil, make([]int32, a.tasks), make(clock, a.tasks), map[int32][]use{}
	flat := make([]int32, a.tasks*(len(a.transitions)+1))
	for i := range a.transitions {
		tr := &a.transitions[i]
		c := clock(flat[i*a.tasks : (i+1)*a.tasks : (i+1)*a.tasks])
		a.clocks = append(a.clocks, c)
		if tr.Task == 0 {
			for _, l := range a.last {
				if l > 0 {
					c.join(a.clocks[l-1])
				}
			}
			c.join(a.floor)
			a.floor = c
			continue
		}
		a.before(c, tr.Task)
		for _, s := range tr.Started {
			c.join(a.clocks[s])
		}
		a.meets(int32(i), tr.Task, c, tr.Accesses, int32(i) >= fresh)
		for _, m := range tr.Met {
			c.join(a.clocks[m])
		}
		c[tr.Task] = int32(i) + 1
		a.last[tr.Task] = int32(i) + 1
		for _, x := range tr.Accesses {
			a.uses[x.Object] = append(a.uses[x.Object], use{int32(i), x.How, x.N})
		}
	}
}

// before sets c to what comes before the next transition of a task as it is the task's.
func (a *analysis) before(c clock, task uint32) {
	c.join(a.floor)
	if l := a.last[task]; l > 0 {
		c.join(a.clocks[l-1])
	}
}

// waiting returns, by task, what the tasks that are blocked at the end would do: a wait is noted only when it ends.
func waiting(snap *trace.Snapshot) map[uint32][]trace.Access {
	does := map[uint32][]trace.Access{}
	for _, t := range snap.Tasks {
		for _, w := range t.Waits {
			if t.State != trace.Blocked || w.Object == 0 {
				continue
			}
			switch kind := snap.Objects[w.Object-1].Kind; {
			case kind == trace.Mutex:
				does[t.ID] = append(does[t.ID], trace.Access{Object: int32(w.Object), How: trace.Takes, N: 1})
			case kind == trace.WaitGroup && w.Op == trace.OpWait:
				does[t.ID] = append(does[t.ID], trace.Access{Object: int32(w.Object), How: trace.Waits, N: 1})
			}
		}
	}
	return does
}

// meets looks for earlier transitions that the one at index j, of a task, which does this after what c says, could have come before.
// Then c says that they came before it.
func (a *analysis) meets(j int32, task uint32, c clock, does []trace.Access, fresh bool) {
	var earlier []int32
	for _, x := range does {
		us := a.uses[x.Object]
		for i := len(us) - 1; i >= 0; i-- {
			u := us[i]
			if dependent[x.How]>>u.how&1 != 0 && !(x.How == trace.Takes && u.how == trace.Gives) && a.counts(u, x, j, c) {
				earlier = append(earlier, u.at)
			}
			if covers[x.How]>>u.how&1 != 0 {
				break
			}
		}
	}
	slices.Sort(earlier)
	for k := len(earlier) - 1; k >= 0; k-- {
		i := earlier[k]
		of := a.transitions[i].Task
		if of == task || c[of] > i {
			continue
		}
		if fresh {
			a.race(i, j, task, c)
		}
		c.join(a.clocks[i])
	}
}

// counts reports whether it matters in which order an addition to a wait group and a subtraction came, of u and of x at index j, before
// which comes what c says; it is true of all else. It matters if the counter may be at zero, or below, before both.
func (a *analysis) counts(u use, x trace.Access, j int32, c clock) bool {
	if !(u.how == trace.Adds && x.How == trace.Dones || u.how == trace.Dones && x.How == trace.Adds) {
		return true
	}
	if a.sure == nil {
		return false
	}
	count := int32(0)
	of, task := a.transitions[u.at].Task, uint32(0)
	if int(j) < len(a.transitions) {
		task = a.transitions[j].Task
	}
	for at := range a.transitions {
		t := a.transitions[at].Task
		for _, other := range a.transitions[at].Accesses {
			switch {
			case other.Object != x.Object || at == int(u.at) || at == int(j):
			case other.How == trace.Adds && (a.sure[u.at][t] > int32(at) || c[t] > int32(at)):
				count += other.N // it came before one of them
			case other.How == trace.Dones && a.sure[at][of] <= u.at && (t == of || at < int(j) || a.sure[at][task] <= j):
				count -= other.N // it may come before both
			}
		}
	}
	return count < 1
}

// race notes that the transition at index j, of a task, could have come before the one at i: who is to run in the place of that one.
func (a *analysis) race(i, j int32, task uint32, c clock) {
	at, ok := a.nodes[i]
	if !ok {
		return // no other task could have run there
	}
	n := &a.e.Path[at]
	first := a.initials(i, j, task, c)
	for _, t := range first {
		if slices.Contains(n.Todo, t) || asleep(n.Sleep, t) {
			return
		}
	}
	for _, t := range first {
		if slices.Contains(n.Enabled, t) {
			n.Todo = append(n.Todo, t)
			return
		}
	}
	n.Todo = slices.Clone(n.Enabled)
}

// initials returns the tasks that can be first in what came after i, up to j, and does not depend on i.
func (a *analysis) initials(i, j int32, task uint32, c clock) (first []uint32) {
	of := a.transitions[i].Task
	begun := make([]int32, a.tasks) // by task: its first transition of these, plus 1
	free := func(task uint32, c clock) bool {
		for t, b := range begun {
			if b > 0 && t != int(task) && c[t] >= b {
				return false
			}
		}
		return true
	}
	for k := i + 1; k < j; k++ {
		t := a.transitions[k].Task
		if t == 0 || a.clocks[k][of] > i || begun[t] > 0 {
			continue
		}
		if free(t, a.clocks[k]) {
			first = append(first, t)
		}
		begun[t] = k + 1
	}
	if begun[task] == 0 && free(task, c) {
		first = append(first, task)
	}
	return first
}
