package campaign

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/jostle-dev/jostle/internal/report"
	"github.com/jostle-dev/jostle/internal/session"
)

// print prints what go test would of a package: a line, and before it the tests that fail. With -v each test has a line that
// says how it was run.
func (c *campaign) print(p *pkg) {
	var b strings.Builder
	spent := p.ran.measured()
	if p.native.exit != 0 || c.Verbose {
		b.WriteString(strings.TrimSuffix(p.native.output, "PASS\n"))
	}
	for _, t := range p.tests {
		t.print(&b)
	}
	if p.broken != nil {
		spent = p.broken.spent
		b.WriteString(strings.TrimRight(p.broken.output, "\n") + "\n")
	}
	seconds := fmt.Sprintf("%.3fs", spent.Seconds())
	coverage := ""
	if c.Covered != nil {
		coverage = c.Covered(p.Binary)
	}
	all := len(p.tests) + len(p.natives)
	switch {
	case p.broken != nil: // go test prints no more either: nothing of package testing was run
		fmt.Fprintf(&b, "FAIL\t%s\t%s\n", p.Package, seconds)
	case p.failed():
		b.WriteString("FAIL\n")
		if coverage != "" {
			b.WriteString(coverage + "\n")
		}
		fmt.Fprintf(&b, "FAIL\t%s\t%s\n", p.Package, seconds)
	case all == 0:
		fmt.Fprintf(&b, "ok  \t%s\t%s [no tests to run]\n", p.Package, seconds)
	case p.unrun() > 0: // neither: that they pass is not known
		fmt.Fprintf(&b, "?   \t%s\t%s [%d of %s not run]\n", p.Package, seconds, p.unrun(), plural(all, "test"))
	default:
		if c.Verbose {
			b.WriteString("PASS\n")
		}
		if coverage != "" {
			coverage = "\t" + coverage
		}
		fmt.Fprintf(&b, "ok  \t%s\t%s%s\n", p.Package, seconds, coverage)
	}
	c.Print(p.Package, strings.ReplaceAll(b.String(), mark, ""), spent)
}

// mark is what a test binary begins its own lines with for test2json. What is printed here is in order without it.
const mark = "\x16"

func (p *pkg) failed() bool {
	if p.native.exit != 0 || p.broken != nil {
		return true
	}
	for _, t := range p.tests {
		if t.failed || len(t.confirmed) > 0 {
			return true
		}
	}
	return false
}

// late is why tests have not run, as a rule.
const late = "the time was over"

// unrun reports whether a test has not run once to its end.
func (t *test) unrun() bool {
	return len(t.confirmed) == 0 && (t.unran != "" || t.executions+t.controlled == 0 && !t.over() && !t.failed)
}

func (t *test) print(b *strings.Builder) {
	if t.unrun() {
		return
	}
	seconds := t.spent.Seconds()
	if t.c.Verbose {
		fmt.Fprintf(b, "=== RUN   %s\n%s", t.name, t.printed)
	}
	switch {
	case t.mode == native:
		// It was printed by go test's own code: header, result and all.
		out := strings.TrimSuffix(strings.TrimSuffix(t.output, "PASS\n"), "FAIL\n")
		b.WriteString(strings.TrimPrefix(strings.TrimPrefix(out, mark), fmt.Sprintf("=== RUN   %s\n", t.name)))
		for _, f := range t.confirmed {
			t.printFinding(b, f)
		}
	case t.end == skips && t.c.Verbose && len(t.confirmed) == 0:
		fmt.Fprintf(b, "--- SKIP: %s (%.2fs)\n", t.name, seconds)
	case t.failed || len(t.confirmed) > 0:
		fmt.Fprintf(b, "--- FAIL: %s (%.2fs)\n%s", t.name, seconds, indent(t.output))
		for _, f := range t.confirmed {
			t.printFinding(b, f)
		}
	case t.c.Verbose:
		fmt.Fprintf(b, "--- PASS: %s (%.2fs)\n", t.name, seconds)
	}
	if t.c.Verbose || t.c.Through != nil {
		fmt.Fprintf(b, "    %s\n", t.line())
	}
}

// withoutHeads takes from the output of a test binary what it says of a test as a whole.
func withoutHeads(output, test string) string {
	var b strings.Builder
	function := session.Function(test)
	for line := range strings.Lines(output) {
		line := strings.TrimPrefix(line, mark)
		_, of, isHead := strings.Cut(strings.TrimSpace(line), ": ")
		name, _, _ := strings.Cut(of, " ")
		switch {
		case line == "PASS\n", line == "FAIL\n", strings.HasPrefix(line, "=== ") && strings.HasSuffix(line, " "+function+"\n"):
		case isHead && strings.HasPrefix(line, "--- ") && name == function:
		default:
			b.WriteString(line)
		}
	}
	return b.String()
}

// line sums up in one line what was done with a test.
func (t *test) line() string {
	switch {
	case t.mode == native:
		return t.name + ": run once, " + string(native) + ": " + t.why.String()
	case t.end == skips:
		return t.name + ": it skips itself"
	}
	if t.c.Through != nil && t.mode != live {
		return fmt.Sprintf("%s: %s", t.name, t.seen())
	}
	how := string(t.mode)
	if why := t.why.String(); why != "" || t.long {
		how += " (" + cmp.Or(why, "one run takes longer than its share of the time") + ")"
	}
	if t.sockets != "" && t.mode != live {
		how += ", with sockets of the machine (" + t.sockets + ")"
	}
	if n := len(t.ignored); n > 0 {
		how += fmt.Sprintf(", %d suppressed", n)
	}
	if t.known > 0 {
		how += fmt.Sprintf(", %d known and expected", t.known)
	}
	rate := ""
	if d := t.spent; d > 0 && t.executions > 1 {
		rate = fmt.Sprintf(", %.0f/s", float64(t.executions)/max(d.Seconds(), 1e-3))
	}
	if t.mode == live { // what Go's scheduler makes of it is not known
		before := ""
		if t.controlled > 0 {
			before = plural(t.controlled, "schedule") + ", then "
		}
		return fmt.Sprintf("%s: %s%s%s, %s", t.name, before, plural(t.executions, "run"), rate, how)
	}
	orders := ""
	if n := t.orders.count(); n > 0 { // a process that was ended may not have said
		orders = ", " + plural(min(n, t.executions), "different order") // plain runs, which count once, may differ too
	}
	switch {
	case t.end == onlyOne:
		orders = ", the only one"
	case t.sum.Over:
		orders = fmt.Sprintf(", all %s seen", plural(t.sum.Orders, "order"))
		if t.sum.Orders == 1 {
			orders = ", the only order"
		}
	}
	return fmt.Sprintf("%s: %s%s%s, %s", t.name, plural(t.executions, "schedule"), orders, rate, how)
}

// printFinding tells a finding, the first of its root whole: tests of one package often leave the same goroutine behind, and one test hangs in
// many ways for one reason. What a test itself says is printed for each finding.
func (t *test) printFinding(b *strings.Builder, f confirmed) {
	again := fmt.Sprintf("reproduced %d of %s", f.reproduced, plural(f.tried, "time"))
	if f.tried == 0 {
		again = "not confirmed: the search ended first"
	}
	fmt.Fprintf(b, "    found by %s, after %v, %s, %s\n", f.Found, f.after.Round(time.Millisecond), again, f.where(t.c))
	if f.native != "" {
		fmt.Fprintf(b, "    %s\n", f.native)
	}
	if first, ok := t.c.told[f.Kin()]; ok && !t.c.Verbose {
		of := first.of.name
		if first.of.pkg != t.pkg {
			of += " of " + first.of.pkg.Package
		}
		like := "It is that of " + of + ", above."
		if first.cause != f.Cause {
			like = "It comes of the same as that of " + of + ", above. Its own report is in its file."
		}
		fmt.Fprintf(b, "    %s\n      %s\n%s", headline(f.text()), like, indent(f.Output()))
		return
	}
	t.c.told[f.Kin()] = telling{t, f.Cause}
	b.WriteString(indent(f.text()))
}

// A telling is a finding that was told whole.
type telling struct {
	of    *test
	cause uint64
}

// screenName returns what a file is called for readers in Config.Base.
func (c *campaign) screenName(file string) string {
	return filepath.ToSlash(report.ScreenName(c.Base, file))
}

func indent(text string) string {
	if text = strings.TrimRight(text, "\n"); text == "" {
		return ""
	}
	return "    " + strings.ReplaceAll(text, "\n", "\n    ") + "\n"
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
