package access

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var some = Places{
	Places: []Place{
		{Key: 1, File: "a b.go", Line: 3, Func: "example.com/m.(*T[go.shape.struct { a int }]).f", Text: `if m["|"] > 0 {`},
		{Key: 0xfedcba9876543210, Write: true, File: `C:\m\b.go`, Line: 4, Func: "example.com/m.g.func1"},
		{Key: 3, File: "c.go", Line: 5, Func: "m.h", Text: "n++"},
	},
	Pairs: []Pair{{0, 1}, {1, 2}, {2, 2}},
}

func TestLines(t *testing.T) {
	got, err := ParseLines(some.Lines())
	require.NoError(t, err)
	assert.Equal(t, some.Places, got.Places)
}

func TestOnly(t *testing.T) {
	got := some.Only(func(p *Place) bool { return p.Line > 3 })
	assert.Equal(t, Places{Places: some.Places[1:], Pairs: []Pair{{0, 1}, {1, 1}}}, got)
}

func TestParseErrors(t *testing.T) {
	for _, line := range []string{"load", "look 1 a.go:3 f | x", "load z a.go:3 f | x", "load 1 a.go f | x", "load 1 a.go:b f | x"} {
		_, err := ParseLines(line)
		assert.Error(t, err, line)
	}
}

func FuzzParseLines(f *testing.F) {
	f.Add(some.Lines())
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParseLines(text)
		if err != nil {
			return
		}
		again, err := ParseLines(p.Lines())
		require.NoError(t, err)
		assert.Equal(t, p, again)
	})
}
