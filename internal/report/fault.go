package report

import (
	"fmt"

	"github.com/jostle-dev/jostle/internal/trace"
)

// faulted says what the network did, and to which operation.
func (t *text) faulted() {
	f := t.v.Faulted
	if f == nil {
		return
	}
	what, came := "the connection "+t.v.ObjectName(f.Object), f.During.String()
	if f.During == trace.OpDial {
		what = "the connection with " + t.v.ObjectName(f.Object)
	} else {
		came += " " + preposition[f.During] + "it"
	}
	t.para("  ", "%s %s at %s (fault), in step %d, as %s came to %s.", upper(what), happened(f.Fault), t.at(f.At), f.Step, t.name(f.Task), came)
}

// happened says what the network did to a connection.
func happened(f trace.Fault) string {
	switch f.Op {
	case trace.OpCut:
		return "was cut"
	case trace.OpRefuse:
		return "was refused"
	}
	return fmt.Sprintf("stood still for %v", f.For)
}
