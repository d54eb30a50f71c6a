package strategy

import (
	"fmt"
	"slices"
	"strings"
)

// A factory makes the strategies of one kind.
type factory struct {
	name   string
	weight int // how often it comes among as many executions as all weights are; 0: only if it is asked for
	// make returns the round-th strategy of the kind, from 0.
	make func(m *Mix, source Source, round int) Strategy
}

// factories are the kinds of strategies. Weights are chosen by what internal/benchsearch and internal/goker say.
var factories = []factory{
	{"surw", 2, newSURW},
	{"walk", 1, newWalk},
	{"pct", 1, newPCT},
	{"pos", 0, newPOS},
}

// Names returns the names of all kinds.
func Names() (names []string) {
	for _, f := range factories {
		names = append(names, f.name)
	}
	return names
}

// CheckName returns an error if there is no kind of that name; "" stands for the mix of all.
func CheckName(name string) error {
	if name == "" || slices.Contains(Names(), name) {
		return nil
	}
	return fmt.Errorf("%s: it is one of %s", name, strings.Join(Names(), ", "))
}

// A Mix says what the strategy of each execution of a test is. It is a function of these fields and of the execution's number.
type Mix struct {
	Seed    uint64   // makes one test's executions differ from another's
	Only    string   // name of the one kind to use; "" for all, by their weights
	Asked   int      // questions of who runs that the plain run had: PCT spreads its change points over so many
	Profile *Profile // of the plain run; nil for none
}

// Execution returns the strategy of the n-th execution of a test, n >= 0: the first is the plain run, then the kinds take turns, each
// time with other random values.
func (m *Mix) Execution(n int) Strategy {
	if n == 0 {
		return Plain{}
	}
	return sequence{m.Walk(n), n}
}

// Walk is Execution for n > 0, without random values of its own.
func (m *Mix) Walk(n int) Strategy {
	source := NewSource(m.Seed + uint64(n)*0x9E3779B97F4A7C15)
	f, round := m.kind(n - 1)
	return f.make(m, source, round)
}

// kind returns which kind comes i-th, from 0, and how often it has come before.
func (m *Mix) kind(i int) (f *factory, round int) {
	if at := slices.Index(Names(), m.Only); at >= 0 {
		return &factories[at], i
	}
	k := turns[i%len(turns)]
	for _, before := range turns[:i%len(turns)] {
		if before == k {
			round++
		}
	}
	return &factories[k], i/len(turns)*factories[k].weight + round
}

// turns is in which order the kinds take turns, by index of factories: each as often as its weight says, and as evenly as that
// can be.
var turns = func() (turns []int) {
	total := 0
	for _, f := range factories {
		total += f.weight
	}
	credit := make([]int, len(factories))
	for range total {
		most := 0
		for i, f := range factories {
			if credit[i] += f.weight; credit[i] > credit[most] {
				most = i
			}
		}
		credit[most] -= total
		turns = append(turns, most)
	}
	return turns
}()
