package pipeline

import (
	"fmt"
	"slices"
	"strconv"
)

// A Type is the type of a column.
type Type uint8

const (
	// Int64 is a 64-bit signed integer.
	Int64 Type = iota
	// String is text.
	String
)

// String returns the type's name.
func (t Type) String() string {
	switch t {
	case Int64:
		return "int64"
	case String:
		return "string"
	default:
		return fmt.Sprintf("Type(%d)", uint8(t))
	}
}

// A Field names a column and gives its type.
type Field struct {
	Name string
	Type Type
}

// A Schema lists the columns of a table in order. Names are unique.
type Schema []Field

// Index returns the position of the named column, or an error that names the columns there are.
func (s Schema) Index(name string) (int, error) {
	for i, f := range s {
		if f.Name == name {
			return i, nil
		}
	}
	return 0, fmt.Errorf("pipeline: no column %q in %q", name, s.names())
}

// Validate returns an error if the schema has no column, an unknown type, or a name twice.
func (s Schema) Validate() error {
	if len(s) == 0 {
		return fmt.Errorf("pipeline: schema without columns")
	}
	for i, f := range s {
		if f.Type > String {
			return fmt.Errorf("pipeline: column %q has unknown type %s", f.Name, f.Type)
		}
		if slices.Contains(s[:i].names(), f.Name) {
			return fmt.Errorf("pipeline: column %q appears twice", f.Name)
		}
	}
	return nil
}

func (s Schema) names() []string {
	names := make([]string, len(s))
	for i, f := range s {
		names[i] = f.Name
	}
	return names
}

// A Column holds the values of one column. Exactly one of its slices is used, the one for its type.
type Column struct {
	typ     Type
	ints    []int64
	strings []string
}

// Ints returns a column of type [Int64]. It keeps values, which must not be written to afterwards.
func Ints(values ...int64) Column { return Column{typ: Int64, ints: values} }

// Strings returns a column of type [String]. It keeps values, which must not be written to afterwards.
func Strings(values ...string) Column { return Column{typ: String, strings: values} }

// Type returns the column's type.
func (c Column) Type() Type { return c.typ }

// Len returns the number of values.
func (c Column) Len() int {
	if c.typ == String {
		return len(c.strings)
	}
	return len(c.ints)
}

// Text returns the value at row as text.
func (c Column) Text(row int) string {
	if c.typ == String {
		return c.strings[row]
	}
	return strconv.FormatInt(c.ints[row], 10)
}

// slice returns the rows from lo up to, not including, hi.
func (c Column) slice(lo, hi int) Column {
	if c.typ == String {
		c.strings = c.strings[lo:hi:hi]
	} else {
		c.ints = c.ints[lo:hi:hi]
	}
	return c
}

// gather returns the given rows in the given order.
func (c Column) gather(rows []int) Column {
	if c.typ == String {
		return Column{typ: String, strings: pick(c.strings, rows)}
	}
	return Column{typ: Int64, ints: pick(c.ints, rows)}
}

func pick[T any](values []T, rows []int) []T {
	picked := make([]T, len(rows))
	for i, row := range rows {
		picked[i] = values[row]
	}
	return picked
}

// A Batch is some rows of a table: columns of one length, in the order of the table's schema.
type Batch []Column

// Rows returns the number of rows.
func (b Batch) Rows() int {
	if len(b) == 0 {
		return 0
	}
	return b[0].Len()
}

// Slice returns the rows from lo up to, not including, hi. It shares memory with b.
func (b Batch) Slice(lo, hi int) Batch {
	return b.each(func(c Column) Column { return c.slice(lo, hi) })
}

// cut returns the first n rows, or all if there are no more, and the rest. Both share memory with b.
func (b Batch) cut(n int) (first, rest Batch) {
	n = min(n, b.Rows())
	return b.Slice(0, n), b.Slice(n, b.Rows())
}

// gather returns the given rows in the given order.
func (b Batch) gather(rows []int) Batch {
	return b.each(func(c Column) Column { return c.gather(rows) })
}

func (b Batch) each(f func(Column) Column) Batch {
	out := make(Batch, len(b))
	for i, c := range b {
		out[i] = f(c)
	}
	return out
}
