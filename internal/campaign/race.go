package campaign

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/finding"
	"github.com/jostle-dev/jostle/internal/report"
	"github.com/jostle-dev/jostle/internal/session"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// raceLog is where the race detector of a test process writes, but for the process's number at its end.
func (c *campaign) raceLog() string { return filepath.Join(c.temp, "race") }

// takeRaces removes what the race detector of a process has written, and returns what the events say nothing of: it was reported
// before the first execution or after the last one, in one that has ended the process, or where there was none.
func (c *campaign) takeRaces(pid int, events []session.Event) []verdict.RaceReport {
	name := fmt.Sprintf("%s.%d", c.raceLog(), pid)
	defer os.Remove(name)
	text, _ := os.ReadFile(name) // without a report there is no file
	return racesBeside(string(text), events)
}

// racesBeside returns the reports in a text that are in no span that the events speak of.
func racesBeside(text string, events []session.Event) []verdict.RaceReport {
	var rest strings.Builder
	at := 0
	for _, e := range events { // their spans follow one another
		if e.Kind == session.Raced {
			from, to := min(int(e.Races.From), len(text)), min(int(e.Races.To), len(text))
			rest.WriteString(text[min(at, from):from])
			at = to
		}
	}
	rest.WriteString(text[at:])
	return verdict.ReadRaces(rest.String())
}

// racesOf returns the verdicts on reports, one for each cause. A report that does not say which functions race is left out if
// another one does, of the same two operations.
func racesOf(races []verdict.RaceReport) (vs []*verdict.Verdict) {
	seen := map[uint64]bool{}
	for _, r := range races {
		if r.Hidden() && slices.ContainsFunc(races, func(other verdict.RaceReport) bool { return other.Tells(&r) }) {
			continue
		}
		v := verdict.NewRace(nil)
		v.Races = []verdict.RaceReport{r}
		if seen[v.Cause()] {
			continue
		}
		seen[v.Cause()] = true
		vs = append(vs, v)
	}
	return vs
}

// raced makes findings of what the race detector has reported beside what the events say. No schedule is known for it, and it
// counts whether it comes again or not: the detector reports only what has happened.
func (t *test) raced(ctx context.Context, r run) {
	for _, v := range racesOf(r.races) {
		cause := v.Cause()
		if t.causes[cause] {
			continue
		}
		t.causes[cause] = true
		after := t.ran()
		f := &finding.Finding{
			Package: t.pkg.Package, Test: t.name, Mode: "controlled", Machine: t.sockets != "", Module: t.pkg.Module, Race: true, Warm: t.warm,
			Verdict: v.Kind.Word(), Rule: "-", Place: report.Where(v, t.pkg.Dir), Cause: cause, Found: "the race detector",
			Directory: t.pkg.folder.Package,
		}
		f.Report = told(v, t.pkg.Binary, "", t.pkg.folder.File(f.Name()))
		name, lost, err := t.keep(f)
		if err != nil {
			t.fail(err.Error() + "\n" + f.Report)
			return
		}
		got, tried := 0, 0
		for try := range tries {
			again := t.replay(ctx, name, try, false)
			if ctx.Err() != nil {
				break
			}
			tried++
			if again.came(cause) {
				got++
			}
		}
		screen := told(v, t.pkg.Binary, t.c.Base, t.c.screenName(name))
		t.confirm(confirmed{Finding: f, screen: screen, file: name, lost: lost, n: none, after: after, reproduced: got, tried: tried})
	}
}

// came reports whether a replay has ended by a cause, or the race detector has reported it beside.
func (r replayed) came(cause uint64) bool { return r.cause == cause || r.beside(cause) != nil }

// beside returns the verdict by a cause on what the race detector has reported beside a replay, or nil.
func (r replayed) beside(cause uint64) *verdict.Verdict {
	for _, v := range racesOf(r.races) {
		if v.Cause() == cause {
			return v
		}
	}
	return nil
}
