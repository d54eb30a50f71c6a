package verdict

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A value that was gone before a goroutine came to wait for it was not taken from that one.
func TestLate(t *testing.T) {
	const program = `
		func main 1-9
		  1 go run
		  2 go run
		  3 send stop
		func run 10-19 loop 12-14
		  11 lock mu
		  12 receive stop
		  13 select receive stop | receive in
		g1 1 > g2; g1 2 > g3; `
	for _, tt := range []struct {
		steps string
		late  bool
	}{
		{"g1 3; g2 12; g2 ends; g3 11; g1 ends; g3 12 blocks", true},
		{"g3 11; g1 3; g2 12; g2 ends; g1 ends; g3 12 blocks", true},
		{"g1 3; g3 12 blocks; g2 12; g2 ends; g1 ends", false},
		{"g3 13; g1 3; g2 12; g2 ends; g1 ends; g3 12 blocks", false}, // it was there before, at another line
	} {
		v := read(t, program+tt.steps)
		last := v.Knot[len(v.Knot)-1]
		require.NotNil(t, last.Waits[0].Fate, tt.steps)
		assert.Equal(t, tt.late, last.Waits[0].Fate.Late, tt.steps)
	}
}

// A goroutine that is in a loop, or whose caller is, may come to wait there again.
func TestOnce(t *testing.T) {
	for _, tt := range []struct {
		name, program string
		once          bool
	}{
		{"no loop", `
			func main 1-9
			  2 receive in
			g1 2 blocks`, true},
		{"a loop", `
			func main 1-9 loop 1-3
			  2 receive in
			g1 2 blocks`, false},
		{"a loop that is over", `
			func main 1-9 loop 1-3
			  5 receive in
			g1 5 blocks`, true},
		{"a caller in a loop", `
			func main 1-9 loop 1-3
			func take 10-19
			  12 receive in
			g1 12 blocks < main 2`, false},
	} {
		v := read(t, tt.program)
		assert.Equal(t, tt.once, v.Knot[0].Once, tt.name)
	}
}
