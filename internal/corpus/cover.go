package corpus

import (
	"slices"
)

// A Feature is something that an execution shows.
type Feature struct {
	Test  string
	Order int    // member of trace.Orders, from 0; -1 for none
	Kind  string // if Order is -1: how it ends, or what an entry is
	Cause uint64 // if Order is -1: why it ends; 0 if it passes
}

// Feature returns what an entry for a test shows by being one.
func (e *Entry) Feature(test string) Feature {
	return Feature{Test: test, Order: -1, Kind: string(e.Expect) + " " + e.Verdict, Cause: e.Cause}
}

// Features returns what the execution of a test shows: each order of two operations, and how it ends.
func (o *Outcome) Features(test string) []Feature {
	ends := Feature{Test: test, Order: -1, Kind: o.Verdict}
	if o.Verdict != pass {
		ends.Cause = o.Cause
	}
	out := []Feature{ends}
	for i := range 256 {
		if o.Orders.Has(i) {
			out = append(out, Feature{Test: test, Order: i})
		}
	}
	return out
}

// A Candidate is an execution that may be kept.
type Candidate struct {
	Features []Feature
	Size     int  // smaller ones are preferred
	Kept     bool // whatever it shows
}

// Cover returns the indices of candidates, in ascending order, that show together all that all of them show: first those that
// are kept, then again and again the one that adds most, the smaller one of two, the first of two of a size. Mostly no smaller
// set does.
func Cover(all []Candidate) (chosen []int) {
	seen := map[Feature]bool{}
	take := func(i int) {
		chosen = append(chosen, i)
		for _, f := range all[i].Features {
			seen[f] = true
		}
	}
	for i, c := range all {
		if c.Kept {
			take(i)
		}
	}
	for {
		best, most := -1, 0
		for i, c := range all {
			n := 0
			for _, f := range c.Features {
				if !seen[f] {
					n++
				}
			}
			if n > most || n == most && n > 0 && c.Size < all[best].Size {
				best, most = i, n
			}
		}
		if best < 0 {
			break
		}
		take(best)
	}
	// What was chosen early may show nothing any more that what was chosen later does not.
	count := map[Feature]int{}
	for _, i := range chosen {
		for _, f := range all[i].Features {
			count[f]++
		}
	}
	chosen = slices.DeleteFunc(chosen, func(i int) bool {
		if all[i].Kept || slices.ContainsFunc(all[i].Features, func(f Feature) bool { return count[f] == 1 }) {
			return false
		}
		for _, f := range all[i].Features {
			count[f]--
		}
		return true
	})
	slices.Sort(chosen)
	return chosen
}
