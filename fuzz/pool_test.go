package fuzz

import (
	"testing"

	"github.com/jostle-dev/jostle/harness"
	"github.com/jostle-dev/jostle/pipeline"
)

// FuzzPool looks for schedules under which two scans hang that have their chunks decoded by two workers, column by column.
func FuzzPool(f *testing.F) {
	harness.Fuzz(f, pool(pipeline.Right))
}

// FuzzPoolBroken must find the workers that both wait for columns which stand in the queue behind them.
func FuzzPoolBroken(f *testing.F) {
	harness.Fuzz(f, pool(pipeline.Broken), harness.Want(harness.Deadlock, 3))
}

// In the plain run one scan has a chunk that is worth splitting while the other has not.
func pool(twin pipeline.Twin) func(harness.T, struct{}) {
	return func(t harness.T, _ struct{}) {
		schema := pipeline.Schema{{Name: "n", Type: pipeline.Int64}, {Name: "s", Type: pipeline.String}}
		small, err := pipeline.NewTable(schema, pipeline.Ints(0), pipeline.Strings("a"))
		ok(t, err)
		large, err := pipeline.NewTable(schema, pipeline.Ints(1, 2), pipeline.Strings("b", "c"))
		ok(t, err)
		run(t, pipeline.Query{
			From:    union(t, rowGroups(t, large, small), rowGroups(t, small, large)),
			Options: pipeline.Options{MorselRows: 1, Decoders: 2, PoolTwin: twin},
		}, "n,s\n1,b\n2,c\n0,a\n0,a\n1,b\n2,c\n")
	}
}
