package pipeline

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// GroupBy makes one row of all rows that have the same value in the key column. The rows of the result are in order of
// the key.
type GroupBy struct {
	// Key is the name of the column that says which rows belong together.
	Key string
	// Aggregates are the columns of the result after the key.
	Aggregates []Aggregate
}

// An Aggregate is a function over the rows of a group. Its column is called "count", "sum(x)", "min(x)" or "max(x)".
type Aggregate struct {
	Func Function
	// Column is the name of the column to which Func is applied, of type [Int64]. Count has none.
	Column string
}

// A Function makes one integer of many.
type Function uint8

const (
	// Count is the number of rows.
	Count Function = iota
	// Sum adds. It wraps around on overflow, as Go's + does, so that it does not depend on the order of the rows.
	Sum
	// Min is the smallest value.
	Min
	// Max is the largest value.
	Max
)

// String returns the function's name.
func (f Function) String() string {
	switch f {
	case Count:
		return "count"
	case Sum:
		return "sum"
	case Min:
		return "min"
	case Max:
		return "max"
	default:
		return fmt.Sprintf("Function(%d)", uint8(f))
	}
}

// combine returns the function's value for two sets of rows together, from its values for each of them. All functions
// are associative and commutative in this, so that it does not matter which lane saw which rows.
func (f Function) combine(a, b int64) int64 {
	switch f {
	case Min:
		return min(a, b)
	case Max:
		return max(a, b)
	default:
		return a + b
	}
}

// name returns the name of the aggregate's column.
func (a Aggregate) name() string {
	if a.Func == Count {
		return a.Func.String()
	}
	return fmt.Sprintf("%s(%s)", a.Func, a.Column)
}

// grouping is a [GroupBy] bound to the schema of a table.
type grouping struct {
	key     int // position of the key column
	columns []groupColumn
	schema  Schema      // of the result
	cache   *groupCache // of the values of a key column of type String; nil for Int64
}

// groupColumn is an [Aggregate] bound to the schema of a table.
type groupColumn struct {
	fn     Function
	source int // position of the column it is applied to; none for Count
}

// bind returns the grouping for tables of schema s, or an error if g does not fit it. The twin is that of its cache.
func (g GroupBy) bind(s Schema, twin Twin) (*grouping, error) {
	key, err := s.Index(g.Key)
	if err != nil {
		return nil, err
	}
	bound := &grouping{key: key, schema: Schema{s[key]}}
	if s[key].Type == String {
		bound.cache = newGroupCache(twin)
	}
	for _, a := range g.Aggregates {
		column := groupColumn{fn: a.Func}
		switch {
		case a.Func > Max:
			return nil, fmt.Errorf("pipeline: unknown aggregate %s", a.Func)
		case a.Func == Count && a.Column != "":
			return nil, fmt.Errorf("pipeline: count is of rows, not of column %q", a.Column)
		case a.Func != Count:
			if column.source, err = s.Index(a.Column); err != nil {
				return nil, err
			}
			if t := s[column.source].Type; t != Int64 {
				return nil, fmt.Errorf("pipeline: %s of column %q, which is of type %s", a.Func, a.Column, t)
			}
		}
		bound.columns = append(bound.columns, column)
		bound.schema = append(bound.schema, Field{Name: a.name(), Type: Int64})
	}
	return bound, bound.schema.Validate()
}

// keys returns the values of the key column as numbers: texts as those under which the cache has them.
func (g *grouping) keys(b Batch) []int64 {
	if c := b[g.key]; c.typ == String {
		return g.cache.numbers(c.strings)
	}
	return b[g.key].ints
}

// groups holds the aggregates of the rows seen so far, one entry a group and in it one value an aggregate. Each lane has
// one of its own; it is for one goroutine.
type groups struct {
	grouping *grouping
	values   map[int64][]int64 // by key
}

func newGroups(g *grouping) *groups {
	return &groups{grouping: g, values: make(map[int64][]int64)}
}

// fold adds the rows of a batch.
func (g *groups) fold(b Batch) {
	for row, key := range g.grouping.keys(b) {
		values := make([]int64, len(g.grouping.columns))
		for i, column := range g.grouping.columns {
			if column.fn == Count {
				values[i] = 1
			} else {
				values[i] = b[column.source].ints[row]
			}
		}
		g.add(key, values)
	}
}

// merge adds the groups of other, which must not be used afterwards.
func (g *groups) merge(other *groups) {
	for key, values := range other.values {
		g.add(key, values)
	}
}

// add combines values with those of the group that has the given key. It keeps values.
func (g *groups) add(key int64, values []int64) {
	have, known := g.values[key]
	if !known {
		g.values[key] = values
		return
	}
	for i, column := range g.grouping.columns {
		have[i] = column.fn.combine(have[i], values[i])
	}
}

// table returns the result, one row a group, in order of the key.
func (g *groups) table() (*Table, error) {
	schema := g.grouping.schema
	columns := make([]Column, len(schema))
	for i, f := range schema {
		columns[i].typ = f.Type
	}
	var texts []string
	order := cmp.Compare[int64]
	if g.grouping.cache != nil {
		texts = g.grouping.cache.all()
		order = func(a, b int64) int { return cmp.Compare(texts[a], texts[b]) }
	}
	for _, key := range slices.SortedFunc(maps.Keys(g.values), order) {
		if columns[0].typ == String {
			columns[0].strings = append(columns[0].strings, texts[key])
		} else {
			columns[0].ints = append(columns[0].ints, key)
		}
		for i, v := range g.values[key] {
			columns[1+i].ints = append(columns[1+i].ints, v)
		}
	}
	return NewTable(schema, columns...)
}
