package fuzz

import (
	"testing"

	"github.com/jostle-dev/jostle/harness"
	"github.com/jostle-dev/jostle/pipeline"
)

// FuzzOrderedSink looks for schedules under which an ordered query hangs or writes rows in another order.
func FuzzOrderedSink(f *testing.F) {
	harness.Fuzz(f, orderedSink(pipeline.Right))
}

// FuzzOrderedSinkBroken must find the deadlock that jostle was made for: an encoder that keeps a morsel's token while it
// inserts. That breaks rule 1.
func FuzzOrderedSinkBroken(f *testing.F) {
	harness.Fuzz(f, orderedSink(pipeline.Broken), harness.Want(harness.Deadlock, 1))
}

func orderedSink(twin pipeline.Twin) func(harness.T, struct{}) {
	return func(t harness.T, _ struct{}) {
		const rows = 12
		run(t, pipeline.Query{
			From:    numbers(t, rows).Scan(),
			Options: pipeline.Options{MorselRows: 1, PhaseMorsels: 6, SinkTwin: twin},
		}, lines(rows))
	}
}
