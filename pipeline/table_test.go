package pipeline

import (
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNewTableErrors(t *testing.T) {
	tests := []struct {
		name    string
		schema  Schema
		columns []Column
		want    string
	}{
		{"no columns", nil, nil, "pipeline: schema without columns"},
		{"unknown type", Schema{{"a", Type(5)}}, []Column{Ints(1)}, `pipeline: column "a" has unknown type Type(5)`},
		{"name twice", Schema{{"a", Int64}, {"a", Int64}}, []Column{Ints(1), Ints(1)}, `pipeline: column "a" appears twice`},
		{"too few", Schema{{"a", Int64}, {"b", Int64}}, []Column{Ints(1)}, "pipeline: 1 columns for a schema of 2"},
		{"type", Schema{{"a", String}}, []Column{Ints(1)}, `pipeline: column "a" is of type int64, its schema says string`},
		{"length", Schema{{"a", Int64}, {"b", String}}, []Column{Ints(1, 2), Strings("x")}, `pipeline: column "b" has 1 rows, column "a" has 2`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := NewTable(tt.schema, tt.columns...)
			assert.EqualError(t, err, tt.want)
		})
	}
}

func TestTableScan(t *testing.T) {
	table, err := NewTable(Schema{{"n", Int64}, {"s", String}}, Ints(1, 2, 3, 4, 5), Strings("a", "b", "c", "d", "e"))
	require.NoError(t, err)
	assert.Equal(t, 5, table.Rows())

	scan, other := table.Scan(), table.Scan()
	for _, want := range []Batch{
		{Ints(1, 2), Strings("a", "b")},
		{Ints(3, 4), Strings("c", "d")},
		{Ints(5), Strings("e")},
	} {
		b, err := scan.Next(2)
		require.NoError(t, err)
		assert.Equal(t, want, b)
	}
	_, err = scan.Next(2)
	assert.Equal(t, io.EOF, err)

	b, err := other.Next(100)
	require.NoError(t, err, "scans of one table do not share their place")
	assert.Equal(t, 5, b.Rows())
}
