package harness

import (
	"math/bits"

	"github.com/jostle-dev/jostle/internal/trace"
)

//go:generate go run gen_orders.go

// showOrders lets a coverage-guided fuzzer see which orders of operations an execution went through: each member of the
// set reaches a place of its own in the code. To code coverage alone two schedules over the same lines are the same.
func showOrders(o *trace.Orders) {
	for i, word := range o {
		for ; word != 0; word &= word - 1 { // its lowest bit goes
			reach(64*i + bits.TrailingZeros64(word))
		}
	}
}
