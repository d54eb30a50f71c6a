package engine

import "github.com/jostle-dev/jostle/internal/trace"

// An orderLog is what is known of an Order while it comes about.
type orderLog struct {
	trace.Order

	objects map[*Object]*meetings
	waits   [][]int32 // by task: what comes before its next transition
	stirred int32     // the last that has changed what is no object; -1 for none
	asked   int       // how many transitions there were at the last question
}

// A meetings is what is known of an object for Started and Met.
type meetings struct {
	given   int32   // the last Gives; -1 for none
	closed  int32   // the close; -1 for none
	counted []int32 // Adds and Dones
	sent    []int32 // of the values in a channel's buffer
	freed   []int32 // receives that have made room in it, for sends to come
	sends   int
}

func (l *orderLog) reset() {
	l.Transitions = l.Transitions[:0]
	clear(l.waits)
	l.waits, l.asked, l.stirred = l.waits[:0], 0, -1
	l.objects = map[*Object]*meetings{}
}

func (l *orderLog) last() *trace.Transition { return &l.Transitions[len(l.Transitions)-1] }

// now returns the index of the present transition.
func (l *orderLog) now() int32 { return int32(len(l.Transitions) - 1) }

func (l *orderLog) begin(t *Task) {
	starts := l.startsOf(t.ID)
	if n := len(l.Transitions); n > l.asked && l.last().Task == t.ID && len(l.last().Accesses) == 0 && len(l.last().Met) == 0 {
		l.last().Started = append(l.last().Started, starts...)
		t.at = l.now()
		return
	}
	l.Transitions = append(l.Transitions, trace.Transition{Task: t.ID, Started: starts})
	t.at = l.now()
}

func (l *orderLog) startsOf(id uint32) []int32 {
	if int(id) >= len(l.waits) {
		return nil
	}
	starts := l.waits[id]
	l.waits[id] = nil
	return starts
}

// starts notes that a transition comes before t's next.
func (l *orderLog) starts(t *Task, transitions ...int32) {
	for int(t.ID) >= len(l.waits) {
		l.waits = append(l.waits, nil)
	}
	for _, i := range transitions {
		if i >= 0 {
			l.waits[t.ID] = append(l.waits[t.ID], i)
		}
	}
}

// barrier notes that time passes.
func (l *orderLog) barrier() {
	if len(l.Transitions) > 0 && l.last().Task != 0 {
		l.Transitions = append(l.Transitions, trace.Transition{})
	}
}

func (l *orderLog) access(object int32, how trace.How, n int) {
	if len(l.Transitions) == 0 {
		return
	}
	if object == 0 && how == trace.Changes {
		l.stirred = l.now()
	}
	tr := l.last()
	tr.Accesses = append(tr.Accesses, trace.Access{Object: object, How: how, N: int32(n)})
}

func (l *orderLog) meets(i int32) {
	if i >= 0 && i != l.now() {
		l.last().Met = append(l.last().Met, i)
	}
}

func (l *orderLog) of(o *Object) *meetings {
	m := l.objects[o]
	if m == nil {
		m = &meetings{given: -1, closed: -1}
		l.objects[o] = m
	}
	return m
}

// does notes that t uses o in the present transition.
func (l *orderLog) does(t *Task, o *Object, how trace.How, n int) {
	if t.x.unwinding || len(l.Transitions) == 0 {
		return
	}
	if o.Kind != trace.Chan || how != trace.Looks { // what receives from a closed channel comes after the close anyway, see edges; a default is SendsNot or ReceivesNot
		l.uses(o, how, n)
	}
	l.edges(t, o, how)
	if o.made.Task != nil { // see Task.Does
		l.access(0, trace.Looks, 1)
		l.meets(l.stirred)
	}
}

// uses is access for o. Whether a context has ended makes a difference only to who does not wait for it, and whose turn it is among those
// that wait to none: it ends for all.
func (l *orderLog) uses(o *Object, how trace.How, n int) {
	if o.made.Op == trace.OpContext && how == trace.WaitsToReceive {
		return
	}
	l.access(int32(o.ID), how, n)
	if o.made.Task != nil && (how == trace.Changes || how == trace.ReceivesNot) {
		l.access(0, trace.Looks, 1)
	}
}

// edges notes what t's use of o comes after, and what comes after it.
func (l *orderLog) edges(t *Task, o *Object, how trace.How) {
	m := l.of(o)
	switch how {
	case trace.Takes:
		l.meets(m.given)
	case trace.Gives:
		m.given = l.now()
	case trace.Looks:
		l.meets(m.closed)
	case trace.Changes:
		if o.Kind == trace.Chan {
			m.closed = l.now()
		}
	case trace.Adds, trace.Dones:
		m.counted = append(m.counted, l.now())
	case trace.Waits:
		for _, i := range m.counted {
			l.meets(i)
		}
	case trace.Sends:
		if room := o.room(); room > 0 {
			if m.sends++; m.sends > room && len(m.freed) > 0 {
				l.meets(m.freed[0])
				m.freed = m.freed[1:]
			}
			m.sent = append(m.sent, t.at)
		}
	case trace.Receives:
		if len(m.sent) > 0 {
			l.meets(m.sent[0])
			m.sent = m.sent[1:]
			m.freed = append(m.freed, t.at)
		}
	}
}

// ends notes that the present transition ends the wait of w's task, through w.
func (l *orderLog) ends(w *Waiter) {
	if len(l.Transitions) == 0 {
		return
	}
	t, o := w.Task, w.Object
	l.starts(t, l.now())
	if o == nil {
		return
	}
	switch {
	case o.Kind == trace.Chan:
		if w.Ok && o.room() == 0 { // a close, and a buffer, do without who waits
			l.meets(t.at)
		}
		switch {
		case w.Op == trace.OpRecv && w.Ok:
			l.edges(t, o, trace.Receives)
		case w.Op == trace.OpSend && w.Ok:
			l.edges(t, o, trace.Sends)
		}
	case o.Kind == trace.WaitGroup && w.Op == trace.OpWait:
		l.access(int32(o.ID), trace.Waits, 1)
		l.starts(t, l.of(o).counted...)
	}
	for _, other := range t.waits { // a select waits no more for its other cases
		if other != w && other.Object != nil && other.Object != o {
			l.uses(other.Object, trace.Without(other.Op), 1)
		}
	}
}
