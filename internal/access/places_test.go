package access

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

var some = Places{
	Places: []Place{
		{Key: 1, File: "a b.go", Line: 3, Func: "example.com/m.(*T[go.shape.struct { a int }]).f", Text: `if m["|"] > 0 {`},
		{Key: 0xfedcba9876543210, Write: true, File: `C:\m\b.go`, Line: 4, Func: "example.com/m.g.func1"},
		{Key: 3, File: "c.go", Line: 5, Func: "m.h", Text: "n++"},
	},
	Pairs: []Pair{{0, 1}, {1, 2}, {2, 2}},
}

func TestOnly(t *testing.T) {
	got := some.Only(func(p *Place) bool { return p.Line > 3 })
	assert.Equal(t, Places{Places: some.Places[1:], Pairs: []Pair{{0, 1}, {1, 1}}}, got)
}
