package fuzz

import (
	"testing"

	"github.com/jostle-dev/jostle/harness"
	"github.com/jostle-dev/jostle/pipeline"
)

// FuzzPrefetch looks for schedules under which two scans that read ahead on one budget of two reads hang or mix up rows.
func FuzzPrefetch(f *testing.F) {
	harness.Fuzz(f, prefetch(pipeline.Right))
}

// FuzzPrefetchBroken must find the scans that each keep a permit while they wait for another.
func FuzzPrefetchBroken(f *testing.F) {
	harness.Fuzz(f, prefetch(pipeline.Broken), harness.Want(harness.Deadlock, 0))
}

func prefetch(twin pipeline.Twin) func(harness.T, struct{}) {
	return func(t harness.T, _ struct{}) {
		run(t, pipeline.Query{
			From:    union(t, rowGroups(t, oneEach(t, 0, 2)...), rowGroups(t, oneEach(t, 2, 2)...)),
			Options: pipeline.Options{Prefetch: 2, PrefetchTwin: twin},
		}, lines(4))
	}
}
