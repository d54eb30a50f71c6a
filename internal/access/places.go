package access

// A Place is where code reads or writes memory.
type Place struct {
	Key   uint64 // trace.Site.Key
	Write bool
	File  string
	Line  int
	Func  string // as runtime.FuncForPC has it
	Text  string `json:",omitempty"` // the line, for people
}

// Places are those of a test at which its executions have sync points.
type Places struct {
	Places []Place
	Pairs  []Pair // by index: these may race
}

// Empty reports whether there are none.
func (p Places) Empty() bool { return len(p.Places) == 0 }

// Only returns the places that keep says, with the pairs of them.
func (p Places) Only(keep func(*Place) bool) Places {
	var out Places
	at := map[int]int{}
	for i := range p.Places {
		if keep(&p.Places[i]) {
			at[i] = len(out.Places)
			out.Places = append(out.Places, p.Places[i])
		}
	}
	for _, q := range p.Pairs {
		a, first := at[q.A]
		b, second := at[q.B]
		if first && second {
			out.Pairs = append(out.Pairs, Pair{a, b})
		}
	}
	return out
}
