package harness

import "github.com/jostle-dev/jostle/internal/engine"

//go:generate go run gen_orders.go

// showOrders lets a coverage-guided fuzzer see which orders of operations an execution went through: each member of the
// set reaches a place of its own in the code. To code coverage alone two schedules over the same lines are the same.
func showOrders(o *engine.Orders) {
	for i := range 256 {
		if o.Has(i) {
			reach(i)
		}
	}
}
