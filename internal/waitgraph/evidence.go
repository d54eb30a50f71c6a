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
	Never                    // it set that timer so far ahead that it never fires
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

// A Row is what is known of a kind of evidence.
type Row struct {
	Name     string // in reports as data
	Strength Strength
	Beside   bool   // it is about a context or a timer, which are beside something else that is waited for, as a rule
	Fact     string // what such a goroutine has to do with the operation that follows: see verdict.Facts
	Why      string // in docs/verdicts.md: why such a goroutine counts,
	Counts   string // and as what
}

// table has a row for each kind of evidence. docs/verdicts.md and docs/report.schema.json are written from it, see TestWritten.
var table = [...]Row{
	Holds:  {"holds", Certain, false, "holds it:", "has the lock", "always"},
	Queued: {"queued", Certain, false, "is before it:", "a writer in the queue: it keeps new readers out", "always"},
	Owes: {"owes", Likely, false, "owes it:",
		"closes, signals or finishes, and has received something since it last did; was started by `WaitGroup.Go`; added to a wait group that nothing in the code finishes", "always"},
	Used: {"used", Likely, false, "did", "has done it to this object", "always"},
	Could: {"could", Able, false, "could",
		"is in a function that does it to a variable which may hold the object, and can still come to that line; of the waiter itself, also one that starts only afterwards the goroutine that would do it", "if no goroutine owes it"},
	Stranded: {"stranded", Told, false, "could have taken what is lost:",
		"has ended, and could have received what the waiter sent last, which still stands in a channel; what was owed for it is lost with it", "never: then no goroutine counts that only might"},
	Might: {"might", Possible, false, "might",
		"may come to such a function from where it is; or does the same work as a goroutine that did", "if no goroutine is known that could, alive or ended"},
	Made: {"made", Possible, true, "made it and could",
		"made the context that is waited for, or one that it comes from, and has its cancel function", "if the goroutine waits for nothing else"},
	Passed: {"passed", Told, false, "is past",
		"did it, or was in a function that does, and has come past that: it stands at a later line, in no loop", "never, it is only named"},
	Given: {"given", Told, false, "was given it,", "was in a function that got the object and does nothing with it", "never, it is only named"},
	Spent: {"spent", Told, true, "set or stopped its", "stopped or set the timer that is waited for, which will not fire", "never"},
	Never: {"never", Told, true, "set ahead of all time its", "set the timer that is waited for so far ahead that it never fires", "never"},
}

func (e Evidence) String() string { return table[e].Name }

// Strength returns how far an explanation may rely on e.
func (e Evidence) Strength() Strength { return table[e].Strength }

// Row returns all that is known of e.
func (e Evidence) Row() Row { return table[e] }

// Evidences returns the names of all kinds of evidence, the surest first.
func Evidences() (names []string) {
	for _, row := range table {
		names = append(names, row.Name)
	}
	return names
}
