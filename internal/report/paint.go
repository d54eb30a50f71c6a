package report

import (
	"io"
	"regexp"
	"strings"

	"github.com/jostle-dev/jostle/internal/verdict"
)

// A Painter passes on what is written to it, with reports in colours: the block in red, names bold, places dim. It sees
// reports as text, because they come as text, from test binaries and from files. Each Write must consist of whole lines.
type Painter struct {
	w      io.Writer
	within bool // a report
}

// NewPainter returns a Painter that writes to a terminal.
func NewPainter(w io.Writer) *Painter { return &Painter{w: w} }

func (p *Painter) Write(b []byte) (int, error) {
	var out strings.Builder
	for line := range strings.Lines(string(b)) {
		text := strings.TrimRight(line, "\n")
		out.WriteString(p.line(text))
		out.WriteString(line[len(text):])
	}
	if _, err := io.WriteString(p.w, out.String()); err != nil {
		return 0, err
	}
	return len(b), nil
}

// Of a terminal.
const (
	bold  = "\x1b[1m"
	dim   = "\x1b[2m"
	red   = "\x1b[31m"
	plain = "\x1b[0m"
)

// The parts of a report.
var (
	headOf = func() *regexp.Regexp {
		kinds := []string{"crash"}
		for k := verdict.Deadlock; k <= verdict.Stall; k++ {
			kinds = append(kinds, regexp.QuoteMeta(k.String()))
		}
		return regexp.MustCompile(`^( *)(` + strings.Join(kinds, "|") + `): `)
	}()
	endOf    = regexp.MustCompile(`^(--- |=== |ok  |FAIL| *jostle: verdict=)`)
	titleOf  = regexp.MustCompile(`^([ │┌─▶]*)(g\d+ \S+)(   (?:started|called back|the body).*)?$`)
	blockOf  = regexp.MustCompile(`^([ │]*)(waits  .*)$`)
	nobodyOf = regexp.MustCompile(`^([ │]*)( ✗ .*)$`)
	blocksOf = regexp.MustCompile(`^(.*)(  (?:blocks|meets nobody))$`)
	sectOf   = regexp.MustCompile(`^( *)(stuck|stuck as well|how it came to that|who goes round|what to change|replay|output of this execution|log of this execution)(:.*)?$`)
	placeOf  = regexp.MustCompile(`[^\s(]+\.go:\d+`)
)

// Begins reports whether a line of somebody's output is the first one of a report.
func Begins(line string) bool { return headOf.MatchString(line) }

func (p *Painter) line(s string) string {
	if m := headOf.FindStringSubmatch(s); m != nil {
		p.within = true
		return m[1] + bold + red + m[2] + ":" + plain + bold + s[len(m[0])-1:] + plain
	}
	if p.within = p.within && !endOf.MatchString(s); !p.within {
		return s
	}
	places := func(s string) string { return placeOf.ReplaceAllString(s, dim+"$0"+plain) }
	switch {
	case titleOf.MatchString(s):
		m := titleOf.FindStringSubmatch(s)
		if m[3] != "" {
			m[3] = dim + m[3] + plain
		}
		return m[1] + bold + m[2] + plain + m[3]
	case blockOf.MatchString(s):
		return blockOf.ReplaceAllString(s, "${1}"+red+"${2}"+plain)
	case nobodyOf.MatchString(s):
		return nobodyOf.ReplaceAllString(s, "${1}"+red+"${2}"+plain)
	case blocksOf.MatchString(s):
		m := blocksOf.FindStringSubmatch(s)
		return places(m[1]) + red + m[2] + plain
	case sectOf.MatchString(s):
		return sectOf.ReplaceAllString(s, "${1}"+bold+"${2}"+plain+"${3}")
	}
	return places(s)
}
