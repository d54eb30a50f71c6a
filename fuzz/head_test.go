package fuzz

import (
	"testing"

	"github.com/jostle-dev/jostle/harness"
	"github.com/jostle-dev/jostle/pipeline"
)

// FuzzHead looks for schedules under which a limited query hangs or loses rows. The input says how many rows there are
// and how many are wanted.
func FuzzHead(f *testing.F) {
	harness.Fuzz(f, head(pipeline.Right))
}

// FuzzHeadBroken must find the item that is lost between a look into a queue and a look at whether it is closed: whoever
// waits for that item waits for ever.
func FuzzHeadBroken(f *testing.F) {
	harness.Fuzz(f, head(pipeline.Broken), harness.Want(harness.Deadlock, 4))
}

func head(twin pipeline.Twin) func(harness.T, struct{ Rows, Limit uint8 }) {
	return func(t harness.T, in struct{ Rows, Limit uint8 }) {
		rows, limit := int(in.Rows%12), 1+int(in.Limit%6)
		run(t, pipeline.Query{
			From:    numbers(t, rows).Scan(),
			Limit:   limit,
			Options: pipeline.Options{MorselRows: 2, HeadTwin: twin},
		}, lines(min(rows, limit)))
	}
}
