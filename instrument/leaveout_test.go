package instrument

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Of the changes to a Go those are left out with which it does not compile, and no others.
func TestLeaveOut(t *testing.T) {
	groups := []string{"a", "b", "c", "d"}
	for _, c := range []struct {
		broken, left string
		tries        int
	}{
		{"", "", 1},
		{"a", "a", 5},
		{"d", "d", 6},
		{"b d", "b d", 6},
		{"a b c d", "a b c d", 6},
	} {
		t.Run(c.broken, func(t *testing.T) {
			var last map[string]string
			tries := 0
			require.NoError(t, leaveOut(groups, func(wrong map[string]string) (string, error) {
				tries++
				last = maps.Clone(wrong)
				for _, g := range groups {
					if _, out := wrong[g]; !out && strings.Contains(c.broken, g) {
						return g + " does not compile", nil
					}
				}
				return "", nil
			}))
			assert.Equal(t, strings.Fields(c.left), append([]string{}, slices.Sorted(maps.Keys(last))...))
			assert.Equal(t, c.tries, tries)
			for g, why := range last {
				assert.Equal(t, g+" does not compile", why)
			}
		})
	}
}
