package fuzz

import (
	"testing"

	"github.com/jostle-dev/jostle/harness"
	"github.com/jostle-dev/jostle/pipeline"
)

// FuzzGroupCache looks for schedules under which lanes hang or count wrong that group by text, and so share a cache.
func FuzzGroupCache(f *testing.F) {
	harness.Fuzz(f, groupCache(pipeline.Right))
}

// FuzzGroupCacheBroken must find the writer that comes between two read locks of one lane.
func FuzzGroupCacheBroken(f *testing.F) {
	harness.Fuzz(f, groupCache(pipeline.Broken), harness.Want(harness.Deadlock, 2))
}

func groupCache(twin pipeline.Twin) func(harness.T, struct{}) {
	return func(t harness.T, _ struct{}) {
		schema := pipeline.Schema{{Name: "city", Type: pipeline.String}}
		table, err := pipeline.NewTable(schema, pipeline.Strings("Basel", "Oslo", "Basel", "Quito"))
		ok(t, err)
		run(t, pipeline.Query{
			From:    table.Scan(),
			GroupBy: &pipeline.GroupBy{Key: "city", Aggregates: []pipeline.Aggregate{{Func: pipeline.Count}}},
			Options: pipeline.Options{MorselRows: 1, Lanes: 2, GroupCacheTwin: twin},
		}, "city,count\nBasel,2\nOslo,1\nQuito,1\n")
	}
}
