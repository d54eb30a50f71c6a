package access

import (
	"fmt"
	"strconv"
	"strings"
)

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

// words are how a place is written.
var words = map[bool]string{false: "load", true: "store"}

// Lines returns the places as a file has them, a line each: what is done there, the key, the file and its line, the function, and the text
// of the line.
func (p Places) Lines() string {
	var b strings.Builder
	for _, q := range p.Places {
		fmt.Fprintf(&b, "%s %016x %s:%d %s | %s\n", words[q.Write], q.Key, strings.ReplaceAll(q.File, " ", "%20"), q.Line, strings.ReplaceAll(q.Func, " ", "%20"), q.Text)
	}
	return b.String()
}

// ParseLines reads what Lines writes. Pairs are not in it.
func ParseLines(text string) (Places, error) {
	var p Places
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		q, err := parse(line)
		if err != nil {
			return Places{}, err
		}
		p.Places = append(p.Places, q)
	}
	return p, nil
}

func parse(line string) (Place, error) {
	var q Place
	head, text, _ := strings.Cut(line, " |")
	fields := strings.Fields(head)
	if len(fields) != 4 {
		return q, fmt.Errorf("%q is no place of an access: it has %d words before the line's text and not 4", line, len(fields))
	}
	q.Write = fields[0] == words[true]
	if !q.Write && fields[0] != words[false] {
		return q, fmt.Errorf("%q is no access: load or store", fields[0])
	}
	var err error
	if q.Key, err = strconv.ParseUint(fields[1], 16, 64); err != nil {
		return q, fmt.Errorf("%q is no key of a place", fields[1])
	}
	at := strings.LastIndexByte(fields[2], ':')
	if at < 0 {
		return q, fmt.Errorf("%q is no file with a line", fields[2])
	}
	if q.Line, err = strconv.Atoi(fields[2][at+1:]); err != nil {
		return q, fmt.Errorf("%q is no file with a line", fields[2])
	}
	q.File = strings.ReplaceAll(fields[2][:at], "%20", " ")
	q.Func = strings.ReplaceAll(fields[3], "%20", " ")
	q.Text = strings.TrimSpace(text)
	return q, nil
}
