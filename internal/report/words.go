package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/goroutines"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
)

func (t *text) name(task uint32) string { return t.v.NameOf(task) }

// number returns what a goroutine is called where its name was given before.
func (t *text) number(task uint32) string {
	n, _, _ := strings.Cut(t.name(task), " ")
	return n
}

// partner says what would end a wait.
func (t *text) partner(w verdict.Waiting) string {
	switch w.Op {
	case trace.OpSend:
		return "receive from " + t.object(w.Object)
	case trace.OpRecv:
		return "send on " + t.object(w.Object) + " or close it"
	case trace.OpCondWait:
		return "signal " + t.object(w.Object)
	case trace.OpWait:
		return "do " + t.object(w.Object) + ".Done"
	case trace.OpAcquire:
		if w.All {
			return "end its " + t.object(w.Object)
		}
		return "give back some of " + t.object(w.Object)
	case trace.OpLock, trace.OpRLock:
		return "unlock " + t.object(w.Object)
	case trace.OpRead:
		return "write to " + t.object(w.Object) + " or close it"
	case trace.OpWrite:
		return "read from " + t.object(w.Object)
	case trace.OpAccept:
		return "dial " + t.object(w.Object) + " or close it"
	case trace.OpDial:
		return "accept from " + t.object(w.Object)
	}
	return "end it"
}

// deed says what a goroutine did, or could do, to end a wait.
func (t *text) deed(r verdict.Releaser, w verdict.Waiting) string {
	switch r.Op {
	case trace.OpSend:
		return "send on " + t.object(w.Object)
	case trace.OpClose:
		return "close " + t.object(w.Object)
	case trace.OpWrite:
		return "write to " + t.object(w.Object)
	}
	return t.partner(w)
}

// doing says what a goroutine is blocked in.
func (t *text) doing(g verdict.Goroutine) string {
	switch {
	case g.State != "" && g.Site == nil:
		return g.State
	case g.Stack != "" && g.Site == nil:
		return "in code that jostle does not control"
	case len(g.Waits) == 0 && g.Op == trace.OpSelect:
		return "select without a case that can go on"
	case len(g.Waits) == 0 && g.Op == trace.OpSleep && g.Round != nil:
		return "sleep, again and again"
	case len(g.Waits) == 0 && g.Op == trace.OpSleep:
		return "sleep for ever"
	case len(g.Waits) == 0 && g.Op == trace.OpWait:
		return "wait for the others to rest or to end"
	case len(g.Waits) == 0:
		return g.Op.String() + " on a nil channel"
	case len(g.Waits)+len(g.Nil) == 1 || g.Op != trace.OpSelect && g.Op != trace.OpAcquire && len(g.Nil) == 0:
		return t.way(g.Waits[0])
	}
	var cases []string
	for _, w := range t.cases(g) {
		cases = append(cases, t.way(w))
	}
	for _, c := range g.Nil {
		cases = append(cases, c+", which is nil")
	}
	if g.Op == trace.OpAcquire {
		return strings.Join(cases, " | ")
	}
	return "select: " + strings.Join(cases, " | ")
}

// way says one thing that would let a goroutine go on.
func (t *text) way(w verdict.Waiting) string {
	if w.All {
		return "wait for the end of each " + t.object(w.Object)
	}
	return w.Op.String() + " " + preposition[w.Op] + trace.Amount(max(w.N, 1)) + t.object(w.Object)
}

// preposition is what stands between an operation and its object, with a blank behind it.
var preposition = map[trace.Op]string{trace.OpRead: "from ", trace.OpWrite: "to ", trace.OpAccept: "from ", trace.OpListen: "at ", trace.OpDeadline: "of "}

func (t *text) operation(s trace.Step) string {
	switch {
	case s.Op == trace.OpExit:
		return "ends"
	case s.Site == nil:
		return s.Op.String()
	case len(s.Site.Cases) == 0 && s.Site.Expr == "" && s.Object != 0: // a socket, whose name is not that of a variable
		return s.Op.String() + " " + preposition[s.Op] + t.numbered(t.v.ObjectName(s.Object), s.Object)
	case len(s.Site.Cases) == 0:
		return s.Op.String() + " " + t.numbered(s.Site.Expr, s.Object)
	case s.Object != 0:
		return s.Op.String() + " " + t.numbered(t.v.ObjectName(s.Object), s.Object)
	}
	var cases []string
	for _, c := range s.Site.Cases {
		cases = append(cases, c.Op.String()+" "+c.Expr)
	}
	return "select: " + strings.Join(cases, " | ")
}

// object returns what the code calls o, and its number too where that is not clear.
func (t *text) object(o verdict.Object) string {
	if o.Name == "" {
		return fmt.Sprintf("%s #%d", o.Kind, o.ID)
	}
	return t.numbered(o.Name, o.ID)
}

func (t *text) numbered(name string, object uint32) string {
	if t.unclear[object] {
		return fmt.Sprintf("%s #%d", name, object)
	}
	return name
}

// unclear returns the objects of the knot whose names do not tell which of them is meant: where two have one name, or
// one has two.
func unclear(v *verdict.Verdict) map[uint32]bool {
	names, objects := map[uint32][]string{}, map[string][]uint32{}
	see := func(o verdict.Object) {
		if !slices.Contains(names[o.ID], o.Name) {
			names[o.ID] = append(names[o.ID], o.Name)
			objects[o.Name] = append(objects[o.Name], o.ID)
		}
	}
	for _, g := range v.Knot {
		for _, w := range g.Waits {
			see(w.Object)
		}
		for _, h := range g.Holds {
			see(h.Object)
		}
	}
	unclear := map[uint32]bool{}
	for id, ns := range names {
		for _, n := range ns {
			if len(ns) > 1 || len(objects[n]) > 1 {
				unclear[id] = true
			}
		}
	}
	return unclear
}

// Topic returns the name under which a verdict is explained: one word.
func Topic(k verdict.Kind) string { return strings.ReplaceAll(k.String(), " ", "-") }

// declared names the declaration that s is in: of a function literal that is the function around it.
func declared(s *trace.Site) string {
	name, _, _ := strings.Cut(goroutines.InPackage(s.Func), ".func")
	return name
}
