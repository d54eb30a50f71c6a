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
	// Hidden is set if the detector does not say which function did the access. The first frame that is not of the runtime has
	// called it.
	Hidden bool
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

// ReadRaces returns the reports in a text that the race detector has written, in its order.
func ReadRaces(text string) []RaceReport {
	var out []RaceReport
	for _, t := range strings.Split(text, raceMark)[1:] {
		t, _, _ = strings.Cut(t, "\n==================\n")
		var r RaceReport
		for _, section := range strings.Split(t, "\n\n") {
			head, frames, _ := strings.Cut(strings.TrimSpace(section), "\n")
			if m := raceAccess.FindStringSubmatch(head); m != nil {
				a := RaceStack{What: strings.ToLower(m[1]), By: m[2], Frames: raceFrames(frames)}
				a.Hidden = hidesReader(a.Frames)
				r.Accesses = append(r.Accesses, a)
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

// hidesReader reports whether frames are of a read of a map and lack the function that reads. In Go 1.27 mapaccess1 calls
// mapaccess2, which gives the detector two places to put on the stack: its own, and that of its caller. The detector itself
// knows only of what has called the function that reads.
func hidesReader(frames []RaceFrame) bool {
	return len(frames) > 1 && strings.HasPrefix(frames[0].Func, "runtime.mapaccess2") && strings.HasPrefix(frames[1].Func, "runtime.mapaccess1")
}

// Hidden reports whether the detector does not say which function did one of the accesses.
func (r *RaceReport) Hidden() bool {
	return slices.ContainsFunc(r.Accesses, func(a RaceStack) bool { return a.Hidden })
}

// TellingFirst puts those reports first that say which functions race. One operation on a map may be part of two: one is about
// the map, and one is about the value in it.
func TellingFirst(races []RaceReport) {
	slices.SortStableFunc(races, func(a, b RaceReport) int {
		switch {
		case a.Hidden() == b.Hidden():
			return 0
		case a.Hidden():
			return 1
		}
		return -1
	})
}

// Tells reports whether r, which says which functions race, may well be of the same two operations as another report of the same
// process, which does not.
func (r *RaceReport) Tells(other *RaceReport) bool {
	return slices.EqualFunc(r.Accesses, other.Accesses, func(a, b RaceStack) bool {
		if a.Hidden || a.What != b.What || a.By != b.By {
			return false
		}
		outer, wanted := a.outside(), b.outside()
		if b.Hidden {
			outer = outer[min(1, len(outer)):]
		}
		return slices.Equal(outer, wanted)
	})
}

// raceOwn are the functions, beside ours, whose frames explain nothing.
var raceOwn = []string{
	"testing.tRunner", "testing.(*T).Run", "testing.runTests", "testing.RunTests", "testing.testingSynctestTest", "internal/synctest.", "runtime.race",
}

// funcs returns what identifies the race in other runs: what was done, and in which functions.
func (r *RaceReport) funcs() []string {
	var out []string
	for _, a := range r.Accesses {
		where := " "
		if a.Hidden {
			where = " in a call by "
		}
		out = append(out, strings.TrimPrefix(a.What, "previous ")+where+a.where().Func)
	}
	slices.Sort(out) // which of them came first is no other cause
	return out
}

// where returns the frame that did the access, in a map say or on a WaitGroup, but not the map's own code. If that is hidden, it is
// the frame that led there.
func (s *RaceStack) where() RaceFrame {
	if outside := s.outside(); len(outside) > 0 {
		return outside[0]
	}
	return RaceFrame{}
}

// outside returns the frames from the first one on that is not of a map's own code, or of a WaitGroup's.
func (s *RaceStack) outside() []RaceFrame {
	i := slices.IndexFunc(s.Frames, func(f RaceFrame) bool { return !raceInside.MatchString(f.Func) })
	if i < 0 {
		return nil
	}
	return s.Frames[i:]
}

// raceInside are functions that do for others what was asked of them. To reflect's map functions the runtime gives the name.
var raceInside = regexp.MustCompile(`^((runtime|sync|internal)[./]|reflect\.map)`)

// Place returns the file and line of an access, or of the call that led there if it is hidden; "" if neither is known.
func (s *RaceStack) Place() string { return s.where().Place }
