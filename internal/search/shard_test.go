package search_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/search"
)

func TestEveryExecutionBelongsToOneShard(t *testing.T) {
	for _, parts := range []int{1, 2, 3, 4, 7} {
		owners := map[int]int{}
		for i := 1; i <= parts; i++ {
			s := search.Shard{I: i, N: parts}
			require.Equal(t, 0, s.Next(0), "the plain run belongs to all")
			for n := s.Next(1); n < 100; n = s.Next(n + 1) {
				owners[n]++
			}
		}
		for n := 1; n < 100; n++ {
			require.Equal(t, 1, owners[n], "execution %d in %d shards", n, parts)
		}
	}
	require.Equal(t, 5, search.Shard{}.Next(5))
}

func TestParseShard(t *testing.T) {
	s, err := search.ParseShard("2/4")
	require.NoError(t, err)
	require.Equal(t, search.Shard{I: 2, N: 4}, s)
	require.Equal(t, "2/4", s.String())
	for _, bad := range []string{"", "2", "0/4", "5/4", "a/4", "1/b", "1/0", "-1/2", "1/2/3"} {
		_, err := search.ParseShard(bad)
		require.ErrorContains(t, err, "is no shard", bad)
	}
}
