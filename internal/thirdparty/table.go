package main

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A table prints a line a module as it comes, and sums up.
type table struct {
	mu              sync.Mutex
	w               io.Writer
	modules, broken int
	packages        int
	passed, lost    int
	live            int
	bad             bool
	reasons         map[string]int
	flaky           int
	rows, losses    []string        // as Markdown
	ran             map[string]bool // modules, by path
}

func newTable(w io.Writer, head bool) *table {
	t := &table{w: w, reasons: map[string]int{}, ran: map[string]bool{}}
	if !head {
		return t
	}
	fmt.Fprintf(w, "%-50s %9s %5s %5s %7s %7s %6s %6s %6s %6s %6s %13s %7s\n",
		"module", "packages", "files", "deps", "points", "native", "pass", "live", "alone", "flaky", "lost", "time", "ratio")
	return t
}

func (t *table) skip(m module) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.w, "%-50s no time left\n", m.path+" "+m.version)
	t.bad = true
}

func (t *table) add(m module, r *result, err error, verbose bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.modules++
	name := m.path + " " + m.version
	if len(name) > 50 {
		name = name[:49] + "…"
	}
	if err != nil {
		fmt.Fprintf(t.w, "%-50s %v\n", name, err)
		t.broken++
		t.bad = true
		return
	}
	passed := 0
	for _, o := range r.before {
		if o.action == "pass" {
			passed++
		}
	}
	t.packages += r.packages
	t.passed += passed
	t.lost += len(r.lost)
	t.live += r.live
	t.flaky += r.flaky
	for reason, n := range r.reasons {
		t.reasons[reason] += n
	}
	fmt.Fprintf(t.w, "%-50s %9d %5d %5d %7d %7d %6d %6d %6d %6d %6d %6s/%6s %7.1f\n", name, r.packages, r.files, r.deps, r.points, r.native,
		passed, r.live, r.alone, r.flaky, len(r.lost), short(r.timeBefore), short(r.timeAfter), float64(r.timeAfter)/float64(max(r.timeBefore, 1)))
	t.rows = append(t.rows, fmt.Sprintf("| %s | %s | %d | %d | %d | %d | %d | %d | %d | %s | %s |\n", m.path, m.version, r.packages, r.files,
		r.points, r.native, passed, passed-len(r.lost), r.live, short(r.timeBefore), short(r.timeAfter)))
	for _, l := range r.lost {
		t.losses = append(t.losses, fmt.Sprintf("- `%s`\n", l.test))
		fmt.Fprintf(t.w, "    lost: %s\n", l.test)
		if verbose {
			fmt.Fprintf(t.w, "        %s\n", strings.ReplaceAll(tail(l.output, 40), "\n", "\n        "))
		}
	}
}

func short(d time.Duration) string { return fmt.Sprintf("%.1fs", d.Seconds()) }

func (t *table) finish() {
	fmt.Fprintf(t.w, "\n%d modules, %d of which do not build; %d packages; %d tests pass as they are, %d of them (%.2f%%) are lost; %d test functions ran live, %d are flaky as they are and left out\n",
		t.modules, t.broken, t.packages, t.passed, t.lost, percent(t.lost, t.passed), t.live, t.flaky)
	for _, reason := range sortedKeys(t.reasons) {
		fmt.Fprintf(t.w, "%6d left native: %s\n", t.reasons[reason], reason)
	}
	// 98 in 100 is what must hold; what is lost is looked into one by one.
	t.bad = t.bad || 50*t.lost > t.passed
}

// writeTo puts the Markdown of what was done into a file, in the place of what stands between the lines that begin and end it.
func (t *table) writeTo(file, what string, markdown func(before string) string) error {
	begin, end := "<!-- written by make third-party: "+what+" -->\n", "<!-- end -->\n"
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	head, rest, ok := strings.Cut(string(text), begin)
	before, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return fmt.Errorf("%s: no place for the table: it has no line %s", file, strings.TrimSpace(begin))
	}
	return os.WriteFile(file, []byte(head+begin+markdown(before)+end+tail), 0o666)
}

// ofComparison is the Markdown of what became of tests that pass as they are.
func (t *table) ofComparison(string) string {
	slices.Sort(t.rows)
	slices.Sort(t.losses)
	var b strings.Builder
	fmt.Fprintf(&b, "%d modules, %d packages. %d tests pass as they are; %d of them (%.2f%%) pass instrumented. %d test functions ran live. %d are flaky as they are and left out.\n\n",
		t.modules, t.packages, t.passed, t.passed-t.lost, percent(t.passed-t.lost, t.passed), t.live, t.flaky)
	b.WriteString("| module | version | packages | files | points | native | tests | instrumented | live | time | instrumented |\n| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |\n")
	b.WriteString(strings.Join(t.rows, "") + "\nLeft native:\n\n")
	for _, reason := range sortedKeys(t.reasons) {
		fmt.Fprintf(&b, "- %d: %s\n", t.reasons[reason], reason)
	}
	b.WriteString("\nLost:\n\n" + strings.Join(t.losses, ""))
	return b.String()
}

// ofSearch is the Markdown of how many tests ran under control. Of modules that were not run this time it has what it had before.
func (t *table) ofSearch(before string) string {
	rows, losses := slices.Clone(t.rows), slices.Clone(t.losses)
	for line := range strings.Lines(before) {
		f := strings.Fields(line)
		switch {
		case len(f) < 2 || t.ran[f[1]] || f[1] == "module" || f[1] == "---":
		case f[0] == "|":
			rows = append(rows, line)
		case f[0] == "-":
			losses = append(losses, line)
		}
	}
	slices.Sort(rows)
	slices.Sort(losses)
	concurrent, controlled := 0, 0
	for _, row := range rows {
		cells := strings.Split(row, " | ")
		concurrent += number(cells[3])
		controlled += number(cells[4])
	}
	return fmt.Sprintf("%d modules. %d tests have more than one goroutine; %d of them (%.1f%%) run controlled.\n\n", len(rows), concurrent, controlled, percent(controlled, concurrent)) +
		"| module | version | tests | with goroutines | controlled | executions | findings | time |\n| --- | --- | --: | --: | --: | --: | --: | --: |\n" +
		strings.Join(rows, "") + "\nNot controlled:\n\n" + strings.Join(losses, "")
}

func number(cell string) int {
	n, _ := strconv.Atoi(cell) // this program has written it
	return n
}

// mostNamed is how many tests a line names that are not controlled for one reason.
const mostNamed = 4

// uncontrolled returns lines of the tests of a module that did not run under control, one for each reason.
func uncontrolled(path string, live []string) (lines []string) {
	tests := map[string][]string{}
	for _, l := range live {
		name, how, _ := strings.Cut(l, ": ")
		reason := strings.TrimPrefix(how, "run once, without control: ")
		if _, in, ok := strings.Cut(how, "live ("); ok {
			reason = strings.TrimSuffix(in, ")")
		}
		reason = task.ReplaceAllString(reason, "")
		tests[reason] = append(tests[reason], "`"+name+"`")
	}
	for _, reason := range sortedKeys(tests) {
		names := tests[reason]
		slices.Sort(names)
		more := ""
		if n := len(names) - mostNamed; n > 0 {
			names, more = names[:mostNamed], fmt.Sprintf(" and %d more", n)
		}
		lines = append(lines, fmt.Sprintf("- %s %s%s: %s\n", path, strings.Join(names, ", "), more, reason))
	}
	return lines
}

// task is the number of a goroutine, which is another one in each test.
var task = regexp.MustCompile(`\bg[0-9]+ `)

func percent(part, whole int) float64 { return 100 * float64(part) / float64(max(whole, 1)) }
