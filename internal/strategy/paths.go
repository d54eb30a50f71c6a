package strategy

import "github.com/jostle-dev/jostle/internal/trace"

// paths identify the goroutines of an execution in all executions of the program: by the go statements that lead to each,
// and how often each was passed before.
type paths struct {
	of  []uint64 // by task
	nth map[uint64]int
}

// add returns the path of the next task, which parent, by its number from 1 or 0 for none, has started.
func (p *paths) add(parent uint32, spawned *trace.Site) uint64 {
	h := spawned.StableKey()
	if parent > 0 {
		h ^= mixed(p.of[parent-1])
	}
	h = mixed(h + 1)
	if p.nth == nil {
		p.nth = map[uint64]int{}
	}
	n := p.nth[h]
	p.nth[h] = n + 1
	p.of = append(p.of, mixed(h+uint64(n)))
	return p.of[len(p.of)-1]
}
