package waitgraph

// Evidence says why a goroutine counts as one that could end the wait of another, the surest first.
type Evidence uint8

// The kinds of evidence.
const (
	Holds    Evidence = iota // it holds the lock
	Queued                   // it waits to write and keeps new readers out
	Owes                     // it has something to give back, as far as can be seen
	Used                     // it has done the operation on this object before, and can come to it again
	Could                    // it is in code that does the operation, or does the same work as one that does
	Stranded                 // it has ended, and could have received what the waiter sent, which would have had to be given back
	Might                    // it may come to such code
	Made                     // it made the context that is waited for, or the one that it is derived from
	Passed                   // it did it, or was in code that does, and can come to that no more
	Given                    // it was given the object, and is in no code that would use it
	Spent                    // it stopped, or set, the timer that is waited for, which will not fire any more
)

// Strength says how far an explanation may rely on evidence.
type Strength uint8

// The strengths, the greatest first.
const (
	Certain  Strength = iota // the wait ends only if that goroutine continues
	Likely                   // it has to do it, or does it as a rule
	Able                     // it can still come to it, from where it stands
	Possible                 // it may come to it by calls
	Told                     // nothing follows from it: it is only named
)

// table has a row for each kind of evidence.
var table = [...]struct {
	name     string // in reports as data
	strength Strength
}{
	Holds:    {"holds", Certain},
	Queued:   {"queued", Certain},
	Owes:     {"owes", Likely},
	Used:     {"used", Likely},
	Could:    {"could", Able},
	Stranded: {"stranded", Told},
	Might:    {"might", Possible},
	Made:     {"made", Possible},
	Passed:   {"passed", Told},
	Given:    {"given", Told},
	Spent:    {"spent", Told},
}

func (e Evidence) String() string { return table[e].name }

// Strength returns how far an explanation may rely on e.
func (e Evidence) Strength() Strength { return table[e].strength }

// Evidences returns the names of all kinds of evidence, the surest first.
func Evidences() (names []string) {
	for _, row := range table {
		names = append(names, row.name)
	}
	return names
}
