package finding

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/jostle-dev/jostle/internal/access"
)

// words are how a place is written.
var words = map[bool]string{false: "load", true: "store"}

// lines returns the places as a file has them, a line each: what is done there, the key, the file and its line, the function, and the text
// of the line.
func lines(p access.Places) string {
	var b strings.Builder
	for _, q := range p.Places {
		fmt.Fprintf(&b, "%s %016x %s:%d %s | %s\n", words[q.Write], q.Key, strings.ReplaceAll(q.File, " ", "%20"), q.Line, strings.ReplaceAll(q.Func, " ", "%20"), q.Text)
	}
	return b.String()
}

// parseLines reads what lines writes. Pairs are not in it.
func parseLines(text string) (access.Places, error) {
	var p access.Places
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		q, err := parsePlace(line)
		if err != nil {
			return access.Places{}, err
		}
		p.Places = append(p.Places, q)
	}
	return p, nil
}

func parsePlace(line string) (access.Place, error) {
	var q access.Place
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
