package literal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/literal"
	"github.com/jostle-dev/jostle/internal/program"
)

type (
	name  string
	bytes []byte
	point struct{ X, Y int8 }
	node  struct {
		Next  *node
		Value float32
	}
	order struct {
		point
		Name     name
		Keys     []byte
		Tags     []string
		Stock    map[name][]point
		At       *point
		Count    *int
		Pause    time.Duration
		Weekday  time.Weekday
		Ratio    float64
		Three    [3]uint16
		Any      any
		Nested   struct{ Rows, Limit uint8 }
		Func     func()
		internal int //lint:ignore U1000 it is there to be left out
	}
	box[T any] struct{ In T }
)

// Each of these is written in the source as it is to be written by Of.
var values = []any{
	true,
	7,
	uint8(7),
	"a\"\x00\xff\n",
	name("x"),
	1.5,
	2.0,
	float32(1e+20),
	math.NaN(),
	float32(math.NaN()),
	math.Inf(-1),
	math.Copysign(0, -1),
	5 * time.Second,
	90 * time.Minute,
	-1 * time.Nanosecond,
	time.Duration(0),
	time.Weekday(3),
	[]byte("ab\x00"),
	bytes("ab"),
	[]string{},
	([]string)(nil),
	[]point{{X: 1}, {Y: -2}, {}},
	[]*point{&point{X: 1}, nil},
	[2][]byte{[]byte("a"), nil},
	map[name]int{"a": 1, "b": 0},
	map[int8]bool{-1: true, 2: false, 10: true},
	map[point][]any{{X: 1}: {1, "a", uint8(1), nil, 1 * time.Second}},
	[]time.Duration{0, 2 * time.Hour},
	[]float32{0.0, float32(math.Inf(1)), 2.5},
	func(v int) *int { return &v }(3),
	func(v name) *name { return &v }("a"),
	func(v *int) **int { return &v }(func(v int) *int { return &v }(3)),
	&node{Next: &node{Value: 1.5}},
	struct{ Rows, Limit uint8 }{Rows: 3},
	struct {
		Name        string
		Rows, Limit uint8
		At          *point "json:\"at\""
	}{Rows: 3, At: &point{}},
	struct{}{},
	box[point]{In: point{X: 1}},
	box[program.Ignore]{},
	program.Ignore{What: "leak"},
	order{Name: "a", Keys: []byte("k"), Count: func(v int) *int { return &v }(3), Pause: 1 * time.Millisecond, Weekday: 2, Any: uint8(1)},
	order{
		Tags: []string{"a", "b"},
		Stock: map[name][]point{
			"":                                    {},
			"some more that no line has room for": {{X: 1, Y: 2}, {X: 3, Y: 4}},
			"this one takes two": {
				{X: 100, Y: 100}, {X: 100, Y: 100}, {X: 100, Y: 100}, {X: 100, Y: 100}, {X: 100, Y: 100}, {X: 100, Y: 100}, {X: 100, Y: 100},
			},
		},
		Ratio:  -0.25,
		Three:  [3]uint16{1, 0, 65535},
		Nested: struct{ Rows, Limit uint8 }{Limit: 1},
	},
}

// What Of writes of a value is what stands in this file for it, up to blanks.
func TestOf(t *testing.T) {
	source, err := os.ReadFile("literal_test.go")
	require.NoError(t, err)
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "literal_test.go", source, 0)
	require.NoError(t, err)
	var texts []string
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.ValueSpec); ok && s.Names[0].Name == "values" {
			for _, e := range s.Values[0].(*ast.CompositeLit).Elts {
				texts = append(texts, string(source[files.Position(e.Pos()).Offset:files.Position(e.End()).Offset]))
			}
		}
		return true
	})
	require.Len(t, texts, len(values))
	blanks := strings.NewReplacer("\n", "", "\t", "", " ", "", ";", "")
	squeeze := func(s string) string { return strings.ReplaceAll(blanks.Replace(s), ",}", "}") }
	for i, v := range values {
		got := literal.Of(v, "github.com/jostle-dev/jostle/internal/literal_test", 60)
		assert.Equal(t, squeeze(texts[i]), squeeze(got))
		_, err := parser.ParseExpr(got)
		assert.NoError(t, err, got)
	}
}

// A package whose path has one element.
func TestShortPath(t *testing.T) {
	assert.Equal(t, "Month(3)", literal.Of(time.Month(3), "time", 60))
	assert.Equal(t, "time.Month(3)", literal.Of(time.Month(3), "main", 60))
}

func TestLines(t *testing.T) {
	v := order{Tags: []string{"a", "b"}, Stock: map[name][]point{"x": {{X: 1}, {Y: 2}}}}
	assert.Equal(t, `order{
	Tags: []string{"a", "b"},
	Stock: map[name][]point{
		"x": {{X: 1}, {Y: 2}},
	},
}`, literal.Of(v, "github.com/jostle-dev/jostle/internal/literal_test", 40))
}
