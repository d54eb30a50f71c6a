package search

import (
	"slices"

	"github.com/jostle-dev/jostle/internal/engine"
)

// dependent[a] are the ways of use, as bits, of which one must not change places with a use a.
var dependent = func() (with [13]uint16) {
	pairs := map[engine.How][]engine.How{
		engine.Looks:          {engine.Changes, engine.Adds, engine.Dones, engine.Sends, engine.Receives, engine.Takes, engine.Gives},
		engine.Changes:        {engine.Changes, engine.Adds, engine.Dones, engine.Waits, engine.Sends, engine.Receives, engine.Takes, engine.Gives},
		engine.Adds:           {engine.Dones, engine.Waits}, // Dones: see reaches
		engine.Sends:          {engine.Sends},
		engine.Receives:       {engine.Receives},
		engine.Takes:          {engine.Takes, engine.Gives},
		engine.Gives:          {engine.Gives},
		engine.WaitsToSend:    {engine.Sends, engine.WaitsToSend, engine.ReceivesNot},
		engine.WaitsToReceive: {engine.Receives, engine.WaitsToReceive, engine.SendsNot},
		// One that sends and one that receives could have been partners.
		engine.SendsNot:    {engine.Changes, engine.Sends, engine.Receives, engine.ReceivesNot},
		engine.ReceivesNot: {engine.Changes, engine.Sends, engine.Receives},
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
	engine.Looks:       1<<engine.Changes | 1<<engine.Takes | 1<<engine.Gives,
	engine.Changes:     1 << engine.Changes,
	engine.Adds:        1 << engine.Changes,
	engine.Dones:       1 << engine.Changes,
	engine.Waits:       1 << engine.Changes,
	engine.Sends:       1<<engine.Changes | 1<<engine.Sends,
	engine.Receives:    1<<engine.Changes | 1<<engine.Receives,
	engine.Takes:       1<<engine.Changes | 1<<engine.Takes,
	engine.Gives:       1<<engine.Changes | 1<<engine.Takes | 1<<engine.Gives,
	engine.WaitsToSend: 1 << engine.Sends, engine.WaitsToReceive: 1 << engine.Receives,
	engine.SendsNot: 1 << engine.Changes, engine.ReceivesNot: 1 << engine.Changes,
}

// depend reports whether one of two transitions does something that must not change places with what the other does.
func depend(a, b []engine.Access) bool {
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
	how engine.How
	n   int32
}

// An analysis looks for transitions of one execution that could have come in another order, and notes in the path who is to run instead.
type analysis struct {
	e           *Exploration
	transitions []engine.Transition
	snap        *engine.Snapshot

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
func waiting(snap *engine.Snapshot) map[uint32][]engine.Access {
	does := map[uint32][]engine.Access{}
	for _, t := range snap.Tasks {
		for _, w := range t.Waits {
			if t.State != engine.Blocked || w.Object == 0 {
				continue
			}
			switch kind := snap.Objects[w.Object-1].Kind; {
			case kind == engine.Mutex:
				does[t.ID] = append(does[t.ID], engine.Access{Object: int32(w.Object), How: engine.Takes, N: 1})
			case kind == engine.WaitGroup && w.Op == engine.OpWait:
				does[t.ID] = append(does[t.ID], engine.Access{Object: int32(w.Object), How: engine.Waits, N: 1})
			}
		}
	}
	return does
}

// meets looks for earlier transitions that the one at index j, of a task, which does this after what c says, could have come before.
// Then c says that they came before it.
func (a *analysis) meets(j int32, task uint32, c clock, does []engine.Access, fresh bool) {
	var earlier []int32
	for _, x := range does {
		us := a.uses[x.Object]
		for i := len(us) - 1; i >= 0; i-- {
			u := us[i]
			if dependent[x.How]>>u.how&1 != 0 && !(x.How == engine.Takes && u.how == engine.Gives) && a.counts(u, x, j, c) {
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
func (a *analysis) counts(u use, x engine.Access, j int32, c clock) bool {
	if !(u.how == engine.Adds && x.How == engine.Dones || u.how == engine.Dones && x.How == engine.Adds) {
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
			case other.How == engine.Adds && (a.sure[u.at][t] > int32(at) || c[t] > int32(at)):
				count += other.N // it came before one of them
			case other.How == engine.Dones && a.sure[at][of] <= u.at && (t == of || at < int(j) || a.sure[at][task] <= j):
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
