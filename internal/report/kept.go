package report

import (
	"fmt"
	"slices"

	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// A keeping is how a report tells why something of a library was not given back.
type keeping struct {
	word   string // for machines
	state  string // after what is held
	change string // what ends it: of the goroutine %[1]s, which got it at %[2]s; "" if the rule says it
}

var keepings = map[trace.Keeping]keeping{
	trace.Body: {"body", "body not closed",
		"Close the body of the response that %[1]s got at %[2]s, on every path: a request keeps its connection, or its stream of HTTP/2, until its body is closed or read to the end."},
	trace.Rows: {"rows", "rows not closed",
		"Close the rows that %[1]s got at %[2]s, on every path: they keep their connection until they are closed or read to the end."},
	trace.Tx: {"transaction", "transaction open",
		"%[1]s keeps the connection of its transaction, begun at %[2]s, until that is committed or rolled back. Ask for nothing else from the database before that: use the transaction itself."},
	trace.Conn: {"connection", "not closed",
		"Close the connection that %[1]s got at %[2]s before another one is asked for, on every path."},
	trace.Serving: {"request", "request being served",
		"The handler that %[1]s runs waits for what comes only after the server is shut down or closed. Let it return without that, or end its wait before."},
	trace.Calling: {"call", "request not answered", ""},
	trace.Unread: {"unread", "request not read",
		"Read the body of the request that %[1]s serves before it waits for something else, or return from the handler: what has come and is not read takes the room of the connection that its other requests need."},
}

// keptBy returns the goroutine of the explanation that keeps something of a library for which the one before it waits, and how; nil if
// there is none. What is to be closed comes before a request that is being served: that may wait for it.
func (t *text) keptBy() (by *verdict.Releaser) {
	for i, g := range t.v.Knot {
		next, ok := t.next(i)
		for _, w := range g.Waits {
			j := slices.IndexFunc(w.By, func(r verdict.Releaser) bool {
				return r.Keeping != trace.Using && (r.Task == next && (t.v.Cycle || r.Keeping != trace.Serving) || !ok && r.Ended)
			})
			if j >= 0 && (by == nil || by.Keeping == trace.Serving) {
				by = &w.By[j]
			}
		}
	}
	return by
}

// giveBack says what to change where something of a library was not given back; "" if it is not that.
func (t *text) giveBack() string {
	r := t.keptBy()
	if r == nil || keepings[r.Keeping].change == "" {
		return ""
	}
	return fmt.Sprintf(keepings[r.Keeping].change, t.number(r.Task), t.where(r.Site))
}

// told reports whether what is held is worth telling: what a library has locked or keeps for its own purposes is if a goroutine of the
// explanation waits for it.
func (t *text) told(h verdict.Holding) bool {
	used := h.Keeping == trace.Serving || h.Keeping == trace.Calling || h.Object.Kind == trace.Socket
	own := !used && (h.Site == nil || !program.InLibrary(h.Site.File))
	return own || slices.ContainsFunc(t.v.Knot, func(g verdict.Goroutine) bool {
		return slices.ContainsFunc(g.Waits, func(w verdict.Waiting) bool { return w.Object.ID == h.Object.ID })
	})
}

// unless returns why something was not given back, to stand at the end of what is said of who holds it.
func (t *text) unless(k trace.Keeping) string {
	if k == trace.Using {
		return ""
	}
	return ": " + keepings[k].state
}

// kept returns what a goroutine holds of something, with why it does.
func (t *text) kept(o verdict.Object, k trace.Keeping) string {
	return t.object(o) + t.unless(k)
}
