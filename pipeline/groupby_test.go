package pipeline

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestGroupsOfPartsMergeToGroupsOfAll(t *testing.T) {
	schema := Schema{{"key", Int64}, {"v", Int64}}
	by, err := GroupBy{Key: "key", Aggregates: []Aggregate{
		{Func: Count}, {Func: Sum, Column: "v"}, {Func: Min, Column: "v"}, {Func: Max, Column: "v"},
	}}.bind(schema, Right)
	require.NoError(t, err)
	batch := Batch{Ints(7, -1, 7, 0, -1, 7), Ints(5, 2, -3, math.MinInt64, math.MaxInt64, 5)}
	want := Batch{
		Ints(-1, 0, 7),
		Ints(2, 1, 3),
		Ints(math.MinInt64+1, math.MinInt64, 7), // the first wraps around
		Ints(2, math.MinInt64, -3),
		Ints(math.MaxInt64, math.MinInt64, 5),
	}
	for cut := range batch.Rows() + 1 {
		left, right := newGroups(by), newGroups(by)
		left.fold(batch.Slice(0, cut))
		right.fold(batch.Slice(cut, batch.Rows()))
		right.merge(left)
		table, err := right.table()
		require.NoError(t, err)
		assert.Equal(t, want, table.columns, "cut at row %d", cut)
	}
}

func TestGroupsWithoutRows(t *testing.T) {
	by, err := GroupBy{Key: "s"}.bind(Schema{{"s", String}}, Right)
	require.NoError(t, err)
	table, err := newGroups(by).table()
	require.NoError(t, err)
	assert.Zero(t, table.Rows())
	assert.Equal(t, Schema{{"s", String}}, table.schema)
}
