package schedule

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/jostle-dev/jostle/internal/engine"
)

// A Keyed as text has a line for each departure: what kind of question, the key of the question (goroutine, sync point,
// how often before), the answer, and for people a comment:
//
//	preempt 5f0c3d1a9be2704c 18d2a0b7c39f4e61 2 run 90b1c4d27e3f8a56   # g2 worker before lock p.mu (pool.go:31): g3 worker goes on
//	case 5f0c3d1a9be2704c 77d2a0b7c39f4e00 0 take 1                    # g1 main at select (pool.go:50): case 1 is taken
var kinds = map[engine.QuestionKind]string{engine.Preempt: "preempt", engine.After: "after", engine.Next: "next", engine.Case: "case", engine.Moment: "moment", engine.Cancel: "cancel", engine.Broken: "fault", engine.Random: "random"}

// Text returns k as text, one line a departure.
func (k Keyed) Text() string {
	var b strings.Builder
	for _, d := range k {
		answer := fmt.Sprintf("take %d", d.Case)
		switch {
		case d.Held:
			answer = fmt.Sprintf("hold %016x", d.Runs)
		case d.Question.Kind.Preempts() || d.Question.Kind == engine.Next:
			answer = fmt.Sprintf("run %016x", d.Runs)
		}
		q := d.Question
		fmt.Fprintf(&b, "%s %016x %016x %d %s", kinds[q.Kind], q.Path, q.Site, q.Nth, answer)
		if d.Note != "" {
			fmt.Fprintf(&b, "   # %s", strings.ReplaceAll(d.Note, "\n", " "))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// ParseKeyed reads the lines that Text writes. Blank lines and comments are passed over. Errors begin with the number of
// the line, from 1.
func ParseKeyed(text string) (Keyed, error) {
	var k Keyed
	n := 0
	for line := range strings.Lines(text) {
		n++
		words, note, _ := strings.Cut(line, "#")
		f := strings.Fields(words)
		if len(f) == 0 {
			continue
		}
		d, err := parseDeparture(f)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		d.Note = strings.TrimSpace(note)
		k = append(k, d)
	}
	return k, nil
}

func parseDeparture(f []string) (d Departure, err error) {
	if len(f) != 6 {
		return d, fmt.Errorf("a departure has 6 words and this line %d", len(f))
	}
	known := false
	for kind, name := range kinds {
		if name == f[0] {
			d.Question.Kind, known = kind, true
		}
	}
	if !known {
		return d, fmt.Errorf("%q is no kind of question: preempt, after, next, case, moment, cancel or fault", f[0])
	}
	if d.Question.Path, err = strconv.ParseUint(f[1], 16, 64); err != nil {
		return d, fmt.Errorf("the goroutine %q is no hex number", f[1])
	}
	if d.Question.Site, err = strconv.ParseUint(f[2], 16, 64); err != nil {
		return d, fmt.Errorf("the sync point %q is no hex number", f[2])
	}
	if d.Question.Nth, err = strconv.Atoi(f[3]); err != nil || d.Question.Nth < 0 {
		return d, fmt.Errorf("%q is no count", f[3])
	}
	who := d.Question.Kind.Preempts() || d.Question.Kind == engine.Next
	switch {
	case f[4] == "take" && !who:
		if d.Case, err = strconv.Atoi(f[5]); err != nil || d.Case < 0 {
			return d, fmt.Errorf("%q is no number of a case", f[5])
		}
	case f[4] == "run" && who || f[4] == "hold" && d.Question.Kind.Preempts():
		d.Held = f[4] == "hold"
		if d.Runs, err = strconv.ParseUint(f[5], 16, 64); err != nil {
			return d, fmt.Errorf("the goroutine %q is no hex number", f[5])
		}
	default:
		return d, fmt.Errorf("%q answers no question of kind %s", f[4], f[0])
	}
	return d, nil
}
