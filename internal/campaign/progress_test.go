package campaign

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestProgress: the status line says what is done now, and never what was done before.
func TestProgress(t *testing.T) {
	var last string
	c := &campaign{Config: Config{Progress: func(p Progress) { last = p.Status(3 * time.Second) }}}
	a, b := &test{c: c, name: "TestA", rounds: 1}, &test{c: c, name: "TestB", rounds: 1}
	c.all = []*test{a, b}
	const none = "0 of 2 tests, 0 schedules, 0 findings, 3s"
	for _, tt := range []struct {
		do   func()
		want string
	}{
		{func() { c.note(activity{what: "listing the tests of example.com/a"}) }, none + ": listing the tests of example.com/a"},
		{func() { c.note(activity{what: "fuzz targets of example.com/a, on their corpora"}) }, none + ": fuzz targets of example.com/a, on their corpora"},
		{func() { a.does("") }, none + ": TestA"},
		{func() { b.does("confirming the deadlock") }, none + ": TestB, confirming the deadlock (and 1 more)"},
		{func() { a.does("comparing with go test") }, none + ": TestA, comparing with go test (and 1 more)"},
		{func() { a.executions = 4; c.report(a) }, "1 of 2 tests, 4 schedules, 0 findings, 3s: TestB, confirming the deadlock"},
		{func() { c.report(b) }, "2 of 2 tests, 4 schedules, 0 findings, 3s"},
	} {
		tt.do()
		assert.Equal(t, tt.want, last)
	}
}
