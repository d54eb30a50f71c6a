package fuzz

import (
	"testing"

	"github.com/jostle-dev/jostle/harness"
	"github.com/jostle-dev/jostle/pipeline"
)

// FuzzRecords looks for schedules under which a scan of row groups and a scan of records hang that share a budget of bytes
// and a budget of reads, both so small that only one chunk fits.
func FuzzRecords(f *testing.F) {
	harness.Fuzz(f, twoFormats(pipeline.Right))
}

// FuzzRecordsBroken must find the scan of records that keeps the read while it waits for bytes, against the one of row
// groups that has the bytes and waits for the read.
func FuzzRecordsBroken(f *testing.F) {
	harness.Fuzz(f, twoFormats(pipeline.Broken), harness.Want(harness.Deadlock, 0))
}

func twoFormats(twin pipeline.Twin) func(harness.T, struct{}) {
	return func(t harness.T, _ struct{}) {
		run(t, pipeline.Query{
			From:    union(t, rowGroups(t, oneEach(t, 0, 2)...), records(t, oneEach(t, 2, 2)...)),
			Options: pipeline.Options{Prefetch: 1, Memory: pipeline.NewBudget(1, 1), RecordsTwin: twin},
		}, lines(4))
	}
}
