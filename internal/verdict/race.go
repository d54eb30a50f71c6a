package verdict

import (
	"regexp"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/stacks"
)

// A RaceReport is a report of Go's race detector: two accesses, and where the goroutines were started that did them.
type RaceReport struct {
	Accesses []RaceStack // as a rule two, the later one first
	Started  []RaceStack
}

// A RaceStack is a part of a RaceReport with the stack that belongs to it, without frames of jostle and of what runs
// tests. It has no frames if the detector does not know them any more.
type RaceStack struct {
	What   string // "write", "previous read", "goroutine 7"
	By     string // of an access: who did it
	Frames []RaceFrame
}

// A RaceFrame is a call, the innermost first.
type RaceFrame struct {
	Func  string // with its package's path
	Place string // file and line
}

const raceMark = "WARNING: DATA RACE\n"

var (
	raceAccess = regexp.MustCompile(`^((?i:previous )?(?i:atomic )?(?i:read|write)) at 0x[0-9a-f]+ by (.*):$`)
	raceStart  = regexp.MustCompile(`^(Goroutine \d+) \(\w+\) created at:$`)
)

// ReadRaces returns the reports in a text that the race detector has written.
func ReadRaces(text string) []RaceReport {
	var out []RaceReport
	for _, t := range strings.Split(text, raceMark)[1:] {
		t, _, _ = strings.Cut(t, "\n==================\n")
		var r RaceReport
		for _, section := range strings.Split(t, "\n\n") {
			head, frames, _ := strings.Cut(strings.TrimSpace(section), "\n")
			if m := raceAccess.FindStringSubmatch(head); m != nil {
				r.Accesses = append(r.Accesses, RaceStack{strings.ToLower(m[1]), m[2], raceFrames(frames)})
			} else if m := raceStart.FindStringSubmatch(head); m != nil {
				r.Started = append(r.Started, RaceStack{What: strings.ToLower(m[1]), Frames: raceFrames(frames)})
			}
		}
		out = append(out, r)
	}
	return out
}

// raceFrames reads lines of functions, each with a line of its place below it.
func raceFrames(text string) []RaceFrame {
	var out []RaceFrame
	lines := strings.Split(text, "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		place, _, _ := strings.Cut(strings.TrimSpace(lines[i+1]), " +0x")
		f := RaceFrame{strings.TrimSuffix(strings.TrimSpace(lines[i]), "()"), place}
		if !stacks.Ours(f.Func) && !slices.ContainsFunc(raceOwn, func(own string) bool { return strings.HasPrefix(f.Func, own) }) {
			out = append(out, f)
		}
	}
	return out
}

// raceOwn are the functions, beside ours, whose frames explain nothing.
var raceOwn = []string{
	"testing.tRunner", "testing.(*T).Run", "testing.runTests", "testing.RunTests", "testing.testingSynctestTest", "internal/synctest.", "runtime.race",
}

// funcs returns what identifies the race in other runs: what was done, and in which functions.
func (r *RaceReport) funcs() []string {
	var out []string
	for _, a := range r.Accesses {
		out = append(out, strings.TrimPrefix(a.What, "previous ")+" "+a.where().Func)
	}
	slices.Sort(out) // which of them came first is no other cause
	return out
}

// where returns the frame that did the access, in a map say or on a WaitGroup, but not the map's own code.
func (s *RaceStack) where() RaceFrame {
	for _, f := range s.Frames {
		if !raceInside.MatchString(f.Func) {
			return f
		}
	}
	return RaceFrame{}
}

var raceInside = regexp.MustCompile(`^(runtime|sync|internal)[./]`)

// Place returns the file and line of an access, "" if it is not known.
func (s *RaceStack) Place() string { return s.where().Place }
