package finding

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/access"
)

var somePlaces = access.Places{
	Places: []access.Place{
		{Key: 1, File: "a b.go", Line: 3, Func: "example.com/m.(*T[go.shape.struct { a int }]).f", Text: `if m["|"] > 0 {`},
		{Key: 0xfedcba9876543210, Write: true, File: `C:\m\b.go`, Line: 4, Func: "example.com/m.g.func1"},
		{Key: 3, File: "c.go", Line: 5, Func: "m.h", Text: "n++"},
	},
}

func TestPlaceLines(t *testing.T) {
	got, err := parseLines(lines(somePlaces))
	require.NoError(t, err)
	assert.Equal(t, somePlaces.Places, got.Places)
}

func TestPlaceErrors(t *testing.T) {
	for _, line := range []string{"load", "look 1 a.go:3 f | x", "load z a.go:3 f | x", "load 1 a.go f | x", "load 1 a.go:b f | x"} {
		_, err := parseLines(line)
		assert.Error(t, err, line)
	}
}

func FuzzPlaceLines(f *testing.F) {
	f.Add(lines(somePlaces))
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parseLines(text)
		if err != nil {
			return
		}
		again, err := parseLines(lines(p))
		require.NoError(t, err)
		assert.Equal(t, p, again)
	})
}
