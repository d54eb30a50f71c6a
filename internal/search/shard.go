package search

import (
	"fmt"
	"strconv"
	"strings"
)

// A Shard is one of N parts of a search, 1 <= I <= N. Execution n > 0 belongs to one of them, by its number; execution 0, the
// plain run, to all. The zero Shard is all of the search.
type Shard struct{ I, N int }

// ParseShard reads what String writes: "2/4" is the second of four.
func ParseShard(s string) (Shard, error) {
	first, second, ok := strings.Cut(s, "/")
	i, err1 := strconv.Atoi(first)
	n, err2 := strconv.Atoi(second)
	if !ok || err1 != nil || err2 != nil || i < 1 || i > n {
		return Shard{}, fmt.Errorf("%q is no shard: 2/4 is the second of four", s)
	}
	return Shard{i, n}, nil
}

func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.I, s.N) }

// Parts returns how many shards there are.
func (s Shard) Parts() int { return max(s.N, 1) }

// Next returns the first number from n on that belongs to the shard.
func (s Shard) Next(n int) int {
	if s.N <= 1 || n <= 0 {
		return n
	}
	return n + ((s.I-n)%s.N+s.N)%s.N
}
