package pipeline

import (
	"fmt"
	"io"
)

// A Source delivers the rows of a table, batch by batch. It is used by one goroutine at a time and read once.
type Source interface {
	// Schema returns the columns of every batch. It does not change.
	Schema() Schema
	// Next returns a batch of between 1 and limit rows, or [io.EOF] after the last. limit is at least 1.
	Next(limit int) (Batch, error)
}

// A Table is a table in memory. It does not change, and any number of goroutines may scan it at the same time.
type Table struct {
	schema  Schema
	columns Batch
}

// NewTable returns a table of the given columns. It returns an error if they do not fit the schema or differ in length.
func NewTable(schema Schema, columns ...Column) (*Table, error) {
	if err := schema.Validate(); err != nil {
		return nil, err
	}
	if len(columns) != len(schema) {
		return nil, fmt.Errorf("pipeline: %d columns for a schema of %d", len(columns), len(schema))
	}
	for i, c := range columns {
		if c.Type() != schema[i].Type {
			return nil, fmt.Errorf("pipeline: column %q is of type %s, its schema says %s", schema[i].Name, c.Type(), schema[i].Type)
		}
		if c.Len() != columns[0].Len() {
			return nil, fmt.Errorf("pipeline: column %q has %d rows, column %q has %d", schema[i].Name, c.Len(), schema[0].Name, columns[0].Len())
		}
	}
	return &Table{schema: schema, columns: columns}, nil
}

// Rows returns the number of rows.
func (t *Table) Rows() int { return t.columns.Rows() }

// Scan returns a source that delivers the table's rows from the first to the last, without copying them.
func (t *Table) Scan() Source { return &tableScan{table: t} }

// tableScan is a position in a table.
type tableScan struct {
	table *Table
	row   int
}

func (s *tableScan) Schema() Schema { return s.table.schema }

func (s *tableScan) Next(limit int) (Batch, error) {
	lo := s.row
	hi := min(lo+limit, s.table.Rows())
	if lo == hi {
		return nil, io.EOF
	}
	s.row = hi
	return s.table.columns.Slice(lo, hi), nil
}
