package fuzz

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/harness"
	"github.com/jostle-dev/jostle/pipeline"
)

// Plain go test runs the instrumented pipeline.
func TestMain(m *testing.M) { harness.Main(m) }

// numbers is a table with a column that counts.
func numbers(t harness.T, rows int) *pipeline.Table {
	column := make([]int64, rows)
	for i := range column {
		column[i] = int64(i)
	}
	table, err := pipeline.NewTable(pipeline.Schema{{Name: "n", Type: pipeline.Int64}}, pipeline.Ints(column...))
	require.NoError(t, err)
	return table
}

// lines returns the CSV of the numbers from 0 up.
func lines(rows int) string {
	var b bytes.Buffer
	fmt.Fprintln(&b, "n")
	for i := range rows {
		fmt.Fprintln(&b, i)
	}
	return b.String()
}

// run runs a query and compares what it writes. In all of them a ticker goes on, as in real programs: the runtime would
// never call one of the hangs a deadlock.
func run(t harness.T, q pipeline.Query, want string) {
	q.Options.OnProgress = func(pipeline.Progress) {}
	q.Options.ProgressInterval = time.Second
	var out bytes.Buffer
	_, err := q.Run(t.Context(), &out)
	require.NoError(t, err)
	require.Equal(t, want, out.String())
}
