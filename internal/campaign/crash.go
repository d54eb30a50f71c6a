package campaign

import (
	"context"
	"fmt"
	"hash/fnv"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/finding"
	"github.com/jostle-dev/jostle/internal/report"
	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/internal/search"
	"github.com/jostle-dev/jostle/internal/session"
	"github.com/jostle-dev/jostle/internal/stacks"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// crash is the verdict on an execution that ends its process.
const crash = "crash"

// fatal is how the runtime begins to say that a process ends.
var fatal = regexp.MustCompile(`(?m)^(panic: |fatal error: |runtime: goroutine stack exceeds|signal: |SIG).*$`)

// crashText returns what the runtime says of the end of a process, or else the last lines of its output.
func crashText(output string) string {
	if at := fatal.FindStringIndex(output); at != nil {
		output = output[at[0]:]
		const most = 40
		lines := strings.SplitAfterN(output, "\n", most+1)
		return strings.Join(lines[:min(most, len(lines))], "")
	}
	if output = strings.TrimSpace(output); output == "" {
		return "it exited, and had printed nothing"
	}
	lines := strings.Split(output, "\n")
	return "it exited, and had printed last:\n" + strings.Join(lines[max(0, len(lines)-10):], "\n")
}

func crashReport(output string) string {
	return crash + ": the execution ended its process\n\n" + crashText(output)
}

// told is the report of a verdict that this process has come to about a test of b, for readers in the directory base, or for a
// file if that is "". The finding is in file; "" for none.
func told(v *verdict.Verdict, b Binary, base, file string) string {
	o := report.Options{Dir: b.Dir, Base: base, Program: b.Path, Width: 76} // it will be indented
	if file != "" {
		o.Replay = b.Command + " replay " + file
	}
	var text strings.Builder
	_ = report.Text(&text, v, o) // a strings.Builder takes everything
	return text.String()
}

// An ending is how an execution of a test has ended its process.
type ending struct {
	word  string
	cause uint64
	panic *verdict.Verdict // nil for what is no panic
}

// endingOf reads what a process has printed. A panic is one like any other. Else the cause is what the runtime says first, and
// where; of a process that exits it says nothing: then it is the test's.
func endingOf(test, output string) ending {
	if v := verdict.ReadPanic(output); v != nil {
		return ending{v.Kind.Word(), v.Cause(), v}
	}
	h := fnv.New64a()
	if !fatal.MatchString(output) {
		fmt.Fprint(h, test, crash)
		return ending{crash, h.Sum64(), nil}
	}
	text := crashText(output)
	fmt.Fprint(h, crash, varying.ReplaceAllString(firstLine(text), "#"))
	for line := range strings.Lines(text) {
		// The first frame of the code itself; those before it are the runtime's.
		if fn, _, ok := strings.Cut(line, "("); ok && strings.Contains(fn, ".") && !strings.HasPrefix(line, "\t") && !ofJostle(fn) && !internal.MatchString(fn) {
			fmt.Fprint(h, fn)
			break
		}
	}
	return ending{crash, h.Sum64(), nil}
}

var (
	varying  = regexp.MustCompile(`0x[0-9a-f]+|[0-9]+`)
	internal = regexp.MustCompile(`^(runtime|internal|testing|panic|created by)\b`)
)

// ofJostle reports whether a function is jostle's own, and not of code that is tested with it.
func ofJostle(fn string) bool {
	name, inside := stacks.Inside(fn)
	return inside && (strings.HasPrefix(name, "internal/") || stacks.Ours(fn))
}

// readRecord reads the departures of an execution that has ended its process. The last line may have been cut off.
func readRecord(name string) (schedule.Keyed, error) {
	content, err := os.ReadFile(name)
	if os.IsNotExist(err) {
		return nil, nil // it came to none
	}
	if err != nil {
		return nil, err
	}
	text := string(content)
	return schedule.ParseKeyed(text[:strings.LastIndexByte(text, '\n')+1])
}

// gaveUp reports whether the code under test has ended its process, by a panic or an exit, in an execution in which a context was
// cancelled or a connection has failed. As a test may fail then, it may do that. What the runtime ends the process for is another matter.
func gaveUp(made schedule.Keyed, output string) bool {
	provoked := slices.ContainsFunc(made, func(d schedule.Departure) bool {
		return d.Question.Kind == engine.Cancel || d.Question.Kind == engine.Broken
	})
	return provoked && (verdict.ReadPanic(output) != nil || !fatal.MatchString(output))
}

// crashed looks into an execution that has ended its process: a fatal error, a panic outside of the execution, os.Exit.
func (t *test) crashed(ctx context.Context, b *batch, n int) {
	r := b.run
	full := t.pkg.Package + "." + session.Function(t.name)
	is := endingOf(full, r.output)
	cause := is.cause
	if t.excused[cause] {
		return
	}
	const most = 3
	if t.crashes++; t.crashes > most {
		t.ends(givenUp)
		return
	}
	if t.causes[cause] {
		return
	}
	t.causes[cause] = true
	defer t.does("")
	after := t.ran()
	if n == 0 && t.mode != isolated && !verdict.Synchronises(crashText(r.output)) {
		plainly := t.compare(ctx, tries)
		if plainly.wait(); plainly.crashed(full, cause) {
			t.once(plainly.run, failsToo)
			return
		}
	}
	number := t.search.Number(b.Part, n)
	p := *b.plan
	p.First, p.Last, p.Shard = n, n+1, search.Shard{}
	f := &finding.Finding{
		Package: t.pkg.Package, Test: t.name, Mode: "controlled", Machine: t.sockets != "", Module: t.pkg.Module, Race: t.c.Race,
		Verdict: is.word, Rule: "-", Cause: cause, Found: session.Execution(number), Warm: t.warm,
		Directory: t.pkg.folder.Package, Report: crashReport(r.output), Places: t.search.Places,
	}
	if is.panic != nil {
		f.Place, f.Facts = report.Where(is.panic, t.pkg.Dir), is.panic.Facts()
		f.Report = told(is.panic, t.pkg.Binary, "", t.pkg.folder.File(f.Name()))
	}
	switch {
	case t.mode == live:
		f.Mode, f.Found, f.Warm = "live", f.Found+", live", 0
		f.Seed, f.Points = p.LiveSeed(n), t.search.Asked
		if content, err := os.ReadFile(p.Record); err == nil {
			f.Delays, _ = finding.ParseDelays(string(content)) // or else the seed says it
		}
	case n > 0:
		p.Record = t.recordFile()
		_ = os.Remove(p.Record) // of one before
		again, err := t.process(ctx, &p, patience)
		if err != nil {
			t.fail(err.Error())
			return
		}
		if ctx.Err() != nil { // without its schedule there is nothing to keep
			t.fail(fmt.Sprintf("%s ended its process, and the search ended before it was run again:\n%s", session.Execution(number), crashText(r.output)))
			return
		}
		if endingOf(full, again.output).cause != cause {
			t.gone = append(t.gone, gone{number, "it ended its process, and did not when it was run again: " + firstLine(crashText(r.output))})
			t.isolate(dependent)
			return
		}
		if f.Schedule, err = readRecord(p.Record); err != nil {
			t.fail(err.Error())
			return
		}
		if gaveUp(f.Schedule, r.output) {
			t.crashes--
			t.excused[cause] = true
			t.note("%s ended its process, which is no finding, as a context was cancelled or a connection failed before", session.Execution(number))
			return
		}
	}
	name, lost, err := t.keep(f)
	if err != nil {
		t.fail(err.Error() + "\n" + f.Report)
		return
	}
	t.does("confirming the crash")
	got, tried := 0, 0
	for ; tried < tries; tried++ {
		again := t.replay(ctx, name, tried, false)
		if again.verdict == "" && ctx.Err() != nil {
			break
		}
		if again.cause == cause {
			got++
		}
	}
	if tried > 0 && got == 0 && t.mode != live {
		t.discard(name)
		t.gone = append(t.gone, gone{number, "it ended its process, and did not in a replay: " + firstLine(crashText(r.output))})
		if n == 0 { // something decides that no schedule has a hand in
			delete(t.causes, cause)
			t.goLive(reason{kind: endsProcess})
		}
		return
	}
	screen := report.OnScreen(t.c.Base, f.Report)
	if is.panic != nil {
		screen = told(is.panic, t.pkg.Binary, t.c.Base, t.c.screenName(name))
	}
	t.confirm(confirmed{Finding: f, screen: screen, file: name, lost: lost, n: number, after: after, reproduced: got, tried: tried})
}
