package fuzz

import (
	"testing"

	"github.com/jostle-dev/jostle/harness"
	"github.com/jostle-dev/jostle/pipeline"
)

// FuzzParker looks for schedules under which a grouping query over four lanes hangs or counts wrong.
func FuzzParker(f *testing.F) {
	harness.Fuzz(f, parker(pipeline.Right))
}

// FuzzParkerBroken must find the wake-up that is sent to a worker which has said that it sleeps and does not yet.
func FuzzParkerBroken(f *testing.F) {
	harness.Fuzz(f, parker(pipeline.Broken), harness.Want(harness.LostWakeup, 3))
}

func parker(twin pipeline.Twin) func(harness.T, struct{}) {
	return func(t harness.T, _ struct{}) {
		run(t, pipeline.Query{
			From: numbers(t, 8).Scan(),
			GroupBy: &pipeline.GroupBy{Key: "n", Aggregates: []pipeline.Aggregate{
				{Func: pipeline.Count}, {Func: pipeline.Max, Column: "n"},
			}},
			Where:   pipeline.Compare("n", pipeline.Less, int64(2)),
			Options: pipeline.Options{MorselRows: 1, ParkerTwin: twin},
		}, "n,count,max(n)\n0,1,0\n1,1,1\n")
	}
}
