package enginetest

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A Program is a row of a table of programs and of what Go says they can do.
type Program struct {
	Name string
	Body func(*Log)
	Want []string // the outcomes: each can be reached, and no other

	// Departures bounds the exploration, see Outcomes; 0 means All.
	Departures int
}

// RunPrograms checks each program in a subtest.
func RunPrograms(t *testing.T, programs []Program) {
	for _, p := range programs {
		t.Run(p.Name, func(t *testing.T) {
			departures := p.Departures
			if departures == 0 {
				departures = All
			}
			want := slices.Clone(p.Want)
			slices.Sort(want)
			assert.Equal(t, want, Outcomes(t, departures, p.Body))
		})
	}
}
