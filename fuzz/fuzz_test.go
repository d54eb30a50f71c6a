package fuzz

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/jostle-dev/jostle/harness"
	"github.com/jostle-dev/jostle/pipeline"
)

// Plain go test runs the instrumented pipeline.
func TestMain(m *testing.M) { harness.Main(m) }

// ok ends a target that has met an error. There is no testify here: it imports net/http, which would be compiled anew for each fuzzer.
func ok(t harness.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// numbers is a table with a column that counts from 0.
func numbers(t harness.T, rows int) *pipeline.Table { return numbersFrom(t, 0, rows) }

// numbersFrom is a table with a column that counts.
func numbersFrom(t harness.T, first, rows int) *pipeline.Table {
	column := make([]int64, rows)
	for i := range column {
		column[i] = int64(first + i)
	}
	table, err := pipeline.NewTable(pipeline.Schema{{Name: "n", Type: pipeline.Int64}}, pipeline.Ints(column...))
	ok(t, err)
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

// rowGroups is a scan of a file of row groups.
func rowGroups(t harness.T, groups ...*pipeline.Table) pipeline.Source {
	var file bytes.Buffer
	ok(t, pipeline.WriteRowGroups(&file, groups...))
	source, err := pipeline.ScanRowGroups(bytes.NewReader(file.Bytes()), int64(file.Len()), groups[0].Scan().Schema())
	ok(t, err)
	return source
}

// records is a scan of a file of records.
func records(t harness.T, tables ...*pipeline.Table) pipeline.Source {
	var file bytes.Buffer
	ok(t, pipeline.WriteRecords(&file, tables...))
	source, err := pipeline.ScanRecords(bytes.NewReader(file.Bytes()), int64(file.Len()), tables[0].Scan().Schema())
	ok(t, err)
	return source
}

// oneEach are tables of one row each, with numbers from first up.
func oneEach(t harness.T, first, tables int) []*pipeline.Table {
	all := make([]*pipeline.Table, tables)
	for i := range all {
		all[i] = numbersFrom(t, first+i, 1)
	}
	return all
}

func union(t harness.T, sources ...pipeline.Source) pipeline.Source {
	source, err := pipeline.Union(sources...)
	ok(t, err)
	return source
}

// run runs a query and compares what it writes. In all of them a ticker goes on, as in real programs: the runtime would
// never call one of the hangs a deadlock.
func run(t harness.T, q pipeline.Query, want string) {
	q.Options.OnProgress = func(pipeline.Progress) {}
	q.Options.ProgressInterval = time.Second
	var out bytes.Buffer
	_, err := q.Run(t.Context(), &out)
	ok(t, err)
	if got := out.String(); got != want {
		t.Fatalf("the query wrote\n%s\nand not\n%s", got, want)
	}
}
