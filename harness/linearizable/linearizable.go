// Package linearizable checks that a data structure which goroutines share behaves as one that they use in turn: that each operation takes
// effect at one moment between its call and its return (Herlihy and Wing, "Linearizability", 1990). The check is that of porcupine
// (github.com/anishathalye/porcupine).
//
// The body of a harness.Check or of a fuzz target has goroutines operate on the data structure, and notes what they do in a [History]:
//
//	harness.Check(t, func(t harness.T) {
//		var q Queue
//		var h linearizable.History
//		var wg sync.WaitGroup
//		for i := range 2 {
//			c := h.Client()
//			wg.Go(func() {
//				c.Do(Push{i}, func() any { q.Push(i); return nil })
//				c.Do(Pop{}, func() any { return q.Pop() })
//			})
//		}
//		wg.Wait()
//		linearizable.Check(t, h.Operations(), model)
//	})
//
// Each schedule makes another history. One that no order of its operations explains is a finding like any other: the schedule is kept,
// shrunk and replayed. The package is a module of its own, because it requires porcupine.
package linearizable

import (
	"fmt"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// A History is what goroutines have done, each as a client. Its zero value is empty.
type History struct {
	began   time.Time
	clients []*Client
}

// Client returns a client of its own for a goroutine. It must be called before the goroutine starts, by the one that starts it.
func (h *History) Client() *Client {
	if len(h.clients) == 0 {
		h.began = time.Now()
	}
	c := &Client{history: h, id: len(h.clients)}
	h.clients = append(h.clients, c)
	return c
}

// Operations returns what was done, by client. It must be called when all that the clients do is done.
func (h *History) Operations() []porcupine.Operation {
	var all []porcupine.Operation
	for _, c := range h.clients {
		all = append(all, c.done...)
	}
	return all
}

// A Client notes what one goroutine does. Clients share nothing, so that to note something orders nothing.
type Client struct {
	history *History
	id      int
	done    []porcupine.Operation
}

// Do calls operation, notes that it was done with an input and what it returned, and returns that. An operation that does not return is not
// in the history.
func (c *Client) Do(input any, operation func() (output any)) (output any) {
	call := time.Since(c.history.began)
	output = operation()
	c.done = append(c.done, porcupine.Operation{
		ClientId: c.id, Input: input, Call: int64(call), Output: output, Return: int64(time.Since(c.history.began)),
	})
	return output
}

// Check fails t if no order of the operations explains what they returned, by a model of the data structure: what it was at first, and what
// an operation that returns something makes of it. The failure has the operations, and the first one for which there is no place.
func Check(t testing.TB, history []porcupine.Operation, model porcupine.Model) {
	t.Helper()
	parts := [][]porcupine.Operation{history}
	if model.Partition != nil {
		parts, model.Partition = model.Partition(history), nil
	}
	for _, part := range parts { // one after the other: porcupine has a goroutine for each
		result, info := porcupine.CheckOperationsVerbose(model, part, 0)
		if result == porcupine.Illegal {
			t.Fatal(explain(part, longest(info), model))
		}
	}
}

// longest returns the longest order that explains what its operations returned, as indices.
func longest(info porcupine.LinearizationInfo) (order []int) {
	for _, partition := range info.PartialLinearizations() {
		for _, o := range partition {
			if len(o) > len(order) || len(o) == len(order) && less(o, order) {
				order = o
			}
		}
	}
	return order
}

func less(a, b []int) bool {
	for i := range a {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return false
}

// explain says which operation has no place after those of order.
func explain(history []porcupine.Operation, order []int, model porcupine.Model) string {
	placed := map[int]bool{}
	state := model.Init()
	for _, i := range order {
		placed[i] = true
		_, state = model.Step(state, history[i].Input, history[i].Output)
	}
	first := -1 // that must come next: it has returned before all others that have no place
	for i, op := range history {
		if !placed[i] && (first < 0 || op.Return < history[first].Return) {
			first = i
		}
	}
	describe := func(i int) string {
		op := history[i]
		if model.DescribeOperation != nil {
			return model.DescribeOperation(op.Input, op.Output)
		}
		return fmt.Sprintf("%v -> %v", op.Input, op.Output)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "not linearizable: no order of these %d operations explains what they returned\n", len(history))
	moments := moments(history)
	for i, op := range history {
		mark := " "
		if i == first {
			mark = ">"
		}
		fmt.Fprintf(&b, "%s client %d, %d to %d: %s\n", mark, op.ClientId, moments[op.Call], moments[op.Return], describe(i))
	}
	fmt.Fprintf(&b, "There is no place for %s (client %d).\n", describe(first), history[first].ClientId)
	if len(order) == 0 {
		b.WriteString("It cannot come first")
	} else {
		b.WriteString("As far as an order explains all, it is")
		for n, i := range order {
			sep := ", then"
			if n == 0 {
				sep = ""
			}
			fmt.Fprintf(&b, "%s %s", sep, describe(i))
		}
		b.WriteString(". It cannot come next")
	}
	fmt.Fprintf(&b, ", where the state is %s.", describeState(model, state))
	return b.String()
}

func describeState(model porcupine.Model, state any) string {
	if model.DescribeState != nil {
		return model.DescribeState(state)
	}
	return fmt.Sprintf("%v", state)
}

// moments numbers the calls and returns of a history in their order, from 1.
func moments(history []porcupine.Operation) map[int64]int {
	var all []int64
	for _, op := range history {
		all = append(all, op.Call, op.Return)
	}
	sort.Slice(all, func(i, j int) bool { return all[i] < all[j] })
	numbers := map[int64]int{}
	for _, at := range all {
		if numbers[at] == 0 {
			numbers[at] = len(numbers) + 1
		}
	}
	return numbers
}
