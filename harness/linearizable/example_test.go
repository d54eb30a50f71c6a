package linearizable_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/jostle-dev/jostle/harness/linearizable"
)

// What a client of a queue asks for.
type (
	push struct{ value int }
	pop  struct{}
)

// queue is the model of a queue of numbers: a string of digits, because states are compared with ==.
var queue = porcupine.Model{
	Init: func() any { return "" },
	Step: func(state, input, output any) (bool, any) {
		items := state.(string)
		switch in := input.(type) {
		case push:
			return true, items + fmt.Sprint(in.value)
		default:
			if !strings.HasPrefix(items, fmt.Sprint(output)) {
				return false, items
			}
			return true, items[1:]
		}
	},
	DescribeOperation: func(input, output any) string {
		if in, ok := input.(push); ok {
			return fmt.Sprintf("push %d", in.value)
		}
		return fmt.Sprintf("pop -> %d", output)
	},
	DescribeState: func(state any) string { return fmt.Sprintf("[%s]", state) },
}

// A broken queue looks for its first number and takes it off at two different moments.
type broken struct {
	items   []int
	between func() // what another goroutine does between the two
}

func (q *broken) push(n int) { q.items = append(q.items, n) }

func (q *broken) pop() int {
	first := q.items[0]
	q.between()
	q.items = q.items[1:]
	return first
}

// Two pops get one number. Under harness.Check a schedule makes the second come in between.
func ExampleCheck() {
	var q broken
	var h linearizable.History
	one, other := h.Client(), h.Client()
	q.between = func() {
		q.between = func() {}
		other.Do(pop{}, func() any { return q.pop() })
	}
	one.Do(push{1}, func() any { q.push(1); return nil })
	one.Do(push{2}, func() any { q.push(2); return nil })
	one.Do(pop{}, func() any { return q.pop() })
	linearizable.Check(printer{}, h.Operations(), queue)
	// Output:
	// not linearizable: no order of these 4 operations explains what they returned
	//   client 0, 1 to 2: push 1
	//   client 0, 3 to 4: push 2
	//   client 0, 5 to 8: pop -> 1
	// > client 1, 6 to 7: pop -> 1
	// There is no place for pop -> 1 (client 1).
	// As far as an order explains all, it is push 1, then push 2, then pop -> 1. It cannot come next, where the state is [2].
}

// A printer prints why a test fails.
type printer struct{ testing.TB }

func (printer) Helper()           {}
func (printer) Fatal(args ...any) { fmt.Println(args...) }
