package schedule

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/engine"
)

// Files of findings have the paths of goroutines, so these never change.
func TestPathIsWhatFilesHave(t *testing.T) {
	for _, q := range []Question{
		{}, {Path: 1, Site: 2, Nth: 3}, {Path: math.MaxUint64, Site: math.MaxUint64, Nth: math.MaxInt}, {Path: 0x70cbff8ea8b6442e, Site: 0x1d37c73fb2a9e661},
	} {
		h := fnv.New64a()
		fmt.Fprintf(h, "%d %d %d", q.Path, q.Site, q.Nth)
		assert.Equal(t, h.Sum64(), q.hash(), "%+v", q)
	}
}

// A tally counts like a map, from the beginning after each reset.
func TestTally(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var counts tally
	for _, different := range []int{3, 40, 2_000, 10} {
		counts.reset()
		want := map[Question]int{}
		for range 10_000 {
			q := Question{Kind: engine.QuestionKind(r.IntN(3)), Path: uint64(r.IntN(different)) << 40, Site: uint64(r.IntN(different))}
			assert.Equal(t, want[q], counts.add(q))
			want[q]++
		}
	}
}
