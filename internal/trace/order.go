package trace

// A How is how an operation uses an object. It says which two operations on one object can change places so that nothing can tell.
type How uint8

// The ways. Those that stand in the comment of one change places with it; so does Looks with Looks.
const (
	Looks    How = iota // changes nothing that another operation could tell
	Changes             // does not change places with any
	Adds                // to the counter of a wait group: Adds, Dones
	Dones               // takes from it: Adds, Dones
	Waits               // has found it at zero: Dones, Waits
	Sends               // Receives: who is the n-th to receive gets what the n-th has sent
	Receives            // Sends
	Takes               // a mutex
	Gives               // it back
	// These are in an Order only. Who waits for a partner on a channel has a place among those that wait with it, and else changes places with
	// all but a select that the partner could have been in; it is of no account whether it waits before the channel is closed or comes after.
	WaitsToSend
	WaitsToReceive
	SendsNot    // a select goes on without this case, whose partner was not there, or waits for it no more: Looks, SendsNot
	ReceivesNot // the same: Looks, ReceivesNot
)

// An Order is an execution as a row of transitions, for those who look for other orders: see package search. A transition is what a
// task does from one sync point to the next, or from where it was woken.
type Order struct {
	Transitions []Transition
}

// A Transition is what one task does in one go.
type Transition struct {
	Task uint32 // 0: time passes; all comes before it, and it before all that follows
	// Started are the transitions, by index, that had to come before this one so that it could begin, beside those of its own task.
	Started []int32
	// Accesses are what it does.
	Accesses []Access
	// Met are the transitions that had to come before what it leads to: the send of what it has received.
	Met []int32
}

// An Access is one use of an object, or of a variable by atomic operations.
type Access struct {
	Object int32 // a number that objects have; below 0 for variables; 0 for all else
	How    How
	N      int32 // Adds, Dones: how many
}

// WaitsTo is how who is to wait for a partner in op, which is a send or a receive, uses a channel.
func WaitsTo(op Op) How {
	if op == OpSend {
		return WaitsToSend
	}
	return WaitsToReceive
}

// Without is how a select uses a channel if it goes on without op, which is a send or a receive.
func Without(op Op) How {
	if op == OpSend {
		return SendsNot
	}
	return ReceivesNot
}
