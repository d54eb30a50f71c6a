package verdict

import (
	"fmt"
	"hash/fnv"
	"regexp"
	"slices"
)

// Cause identifies why an execution ended as it did: the same for every schedule that leads to the same cycle at the same
// sync points, to the same panic, or to the failure of the same subtests, and stable under edits of other code. failed says
// which subtests have failed.
func (v *Verdict) Cause(failed string) uint64 {
	parts := []string{v.Kind.String(), v.Rule.number()}
	switch v.Kind {
	case Deadlock, Leak, LostWakeup:
		stuck := v.Knot
		if len(stuck) == 0 {
			stuck = v.Others
		}
		var sites []string
		for _, g := range stuck {
			sites = append(sites, fmt.Sprint(g.Op, g.Site.StableKey(), g.Spawned.StableKey(), g.State, lineOf.ReplaceAllString(g.Place, "")))
		}
		// Who comes first in a circle, and how many of one kind wait in the same place, is no other cause.
		slices.Sort(sites)
		parts = append(parts, slices.Compact(sites)...)
	case Panic:
		parts = append(parts, numbers.ReplaceAllString(v.Value, "#"))
		if calls := calledFuncs("goroutine\n" + v.Stack); len(calls) > 0 {
			parts = append(parts, calls[0])
		}
	case Assertion:
		parts = append(parts, numbers.ReplaceAllString(failed, "#")) // rows of a table often have nothing but a number
	case Race:
		if len(v.Races) > 0 {
			parts = append(parts, v.Races[0].funcs()...)
		}
	case Livelock, Stall:
		parts = append(parts, v.Who)
	}
	h := fnv.New64a()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return h.Sum64()
}

// numbers are what tells one occurrence of a message from another: addresses, counters, durations.
var numbers = regexp.MustCompile(`0x[0-9a-fA-F]+|[0-9]+`)

// lineOf is the end of a position that edits change.
var lineOf = regexp.MustCompile(`:\d+$`)

func (r Rule) number() string { return fmt.Sprint(int(r)) }
