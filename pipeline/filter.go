package pipeline

import (
	"cmp"
	"fmt"
	"slices"
)

// A Predicate says of each row whether to keep it. Predicates are values and may be shared.
type Predicate interface {
	// bind returns the predicate for tables of the given schema, or an error if it does not fit.
	bind(Schema) (rowTest, error)
}

// rowTest reports whether a row of a batch fulfils a predicate. It is safe for concurrent use.
type rowTest func(b Batch, row int) bool

// A Relation is how two values compare.
type Relation uint8

// The relations a [Comparison] can ask for.
const (
	Equal Relation = iota
	NotEqual
	Less
	LessOrEqual
	Greater
	GreaterOrEqual
)

// holds reports whether the relation holds between two values that compare as order (-1, 0, 1).
func (r Relation) holds(order int) bool {
	switch r {
	case Equal:
		return order == 0
	case NotEqual:
		return order != 0
	case Less:
		return order < 0
	case LessOrEqual:
		return order <= 0
	case Greater:
		return order > 0
	default:
		return order >= 0
	}
}

type ordered interface{ int64 | string }

// comparison keeps the rows in which the value of the column stands in the given relation to a constant. Make one with
// [Compare].
type comparison[T ordered] struct {
	column   string
	relation Relation
	constant T
}

// Compare keeps the rows in which the value of the named column stands in the given relation to constant: with
// Compare("age", Less, int64(18)), those with age < 18. The column's type must be that of the constant.
func Compare[T int64 | string](column string, relation Relation, constant T) Predicate {
	return comparison[T]{column: column, relation: relation, constant: constant}
}

func (c comparison[T]) bind(s Schema) (rowTest, error) {
	i, err := s.Index(c.column)
	if err != nil {
		return nil, err
	}
	if c.relation > GreaterOrEqual {
		return nil, fmt.Errorf("pipeline: column %q is compared by an unknown relation %d", c.column, c.relation)
	}
	switch constant := any(c.constant).(type) {
	case int64:
		if s[i].Type == Int64 {
			return func(b Batch, row int) bool { return c.relation.holds(cmp.Compare(b[i].ints[row], constant)) }, nil
		}
	case string:
		if s[i].Type == String {
			return func(b Batch, row int) bool { return c.relation.holds(cmp.Compare(b[i].strings[row], constant)) }, nil
		}
	}
	return nil, fmt.Errorf("pipeline: column %q of type %s is compared with a %T", c.column, s[i].Type, c.constant)
}

// junction combines predicates: all must hold, or any.
type junction struct {
	terms []Predicate
	any   bool
}

// And keeps the rows that all terms keep; without terms, every row.
func And(terms ...Predicate) Predicate { return junction{terms: terms} }

// Or keeps the rows that any term keeps; without terms, none.
func Or(terms ...Predicate) Predicate { return junction{terms: terms, any: true} }

func (j junction) bind(s Schema) (rowTest, error) {
	tests := make([]rowTest, len(j.terms))
	for i, term := range j.terms {
		test, err := term.bind(s)
		if err != nil {
			return nil, err
		}
		tests[i] = test
	}
	return func(b Batch, row int) bool {
		decided := slices.ContainsFunc(tests, func(test rowTest) bool { return test(b, row) == j.any })
		return decided == j.any
	}, nil
}

// negation keeps what its term does not.
type negation struct{ term Predicate }

// Not keeps the rows that term does not keep.
func Not(term Predicate) Predicate { return negation{term: term} }

func (n negation) bind(s Schema) (rowTest, error) {
	test, err := n.term.bind(s)
	if err != nil {
		return nil, err
	}
	return func(b Batch, row int) bool { return !test(b, row) }, nil
}

// A filter removes rows from batches. It has no state, so any task can run it on the batches it handles anyway. The nil
// filter keeps all.
type filter rowTest

// newFilter returns the filter of a predicate, or the nil filter if there is none.
func newFilter(p Predicate, s Schema) (filter, error) {
	if p == nil {
		return nil, nil
	}
	test, err := p.bind(s)
	return filter(test), err
}

// apply returns the rows of b that the filter keeps, in their order.
func (f filter) apply(b Batch) Batch {
	if f == nil {
		return b
	}
	var keep []int
	for row := range b.Rows() {
		if f(b, row) {
			keep = append(keep, row)
		}
	}
	if len(keep) == b.Rows() {
		return b
	}
	return b.gather(keep)
}
