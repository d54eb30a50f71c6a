package pipeline

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestGroupCacheNumbersTexts(t *testing.T) {
	for _, twin := range []Twin{Right, Broken} {
		t.Run(twin.String(), func(t *testing.T) {
			c := newGroupCache(twin)
			assert.Empty(t, c.numbers(nil))
			assert.Equal(t, []int64{0, 1, 0}, c.numbers([]string{"b", "", "b"}))
			assert.Equal(t, []int64{1, 0}, c.numbers([]string{"", "b"}))
			assert.Equal(t, []int64{0, 2, 1, 2}, c.numbers([]string{"b", "a", "", "a"}))
			assert.Equal(t, []string{"b", "", "a"}, c.all())
		})
	}
}

func TestGroupCacheIsSharedByLanes(t *testing.T) {
	c := newGroupCache(Right)
	var lanes sync.WaitGroup
	got := make([][]string, 4)
	for lane := range got {
		lanes.Go(func() {
			for i := range 500 {
				texts := []string{fmt.Sprint(i), fmt.Sprint(i + lane), fmt.Sprint(i)}
				for k, n := range c.numbers(texts) {
					if c.all()[n] != texts[k] {
						got[lane] = append(got[lane], texts[k])
					}
				}
			}
		})
	}
	lanes.Wait()
	for lane := range got {
		assert.Empty(t, got[lane], "texts that lane %d was given a wrong number for", lane)
	}
	all := slices.Sorted(slices.Values(c.all()))
	assert.Len(t, slices.Compact(all), len(c.all()), "each text once")
}
