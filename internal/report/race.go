package report

import (
	"fmt"
	"strings"

	"github.com/jostle-dev/jostle/internal/goroutines"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// accesses says in half a sentence what races.
func (t *text) accesses() string {
	if len(t.v.Races) == 0 {
		return "two accesses that nothing orders, which the race detector has printed"
	}
	var both []string
	for _, a := range t.v.Races[0].Accesses {
		both = append(both, strings.TrimPrefix(a.What, "previous ")+" "+t.accessed(&a))
	}
	return strings.Join(both, " and ")
}

// accessed says where an access was.
func (t *text) accessed(a *verdict.RaceStack) string {
	place := a.Place()
	switch {
	case place == "" && a.Hidden:
		return "at a place that Go does not say"
	case place == "":
		return "at a place that is not known any more"
	case a.Hidden:
		return "in a call at " + t.place(place)
	}
	return "at " + t.place(place)
}

// framesShown bounds the calls that are shown of a stack of the race detector.
const framesShown = 5

// races shows what the race detector says: the first report, each access with its line of code.
func (t *text) races() {
	for i, r := range t.v.Races {
		if i > 0 {
			t.section(plural(len(t.v.Races)-1, "further report") + " of the same execution")
			return
		}
		for _, a := range r.Accesses {
			t.section(a.What + " by " + a.By)
			t.frames(a)
		}
		for _, s := range r.Started {
			if len(s.Frames) > 0 { // else by jostle itself: the body of the test
				t.section(s.What + " was started")
				t.frames(s)
			}
		}
	}
}

func (t *text) frames(s verdict.RaceStack) {
	if len(s.Frames) == 0 {
		t.line("  it is not known any more where")
	}
	for i, f := range s.Frames {
		if i == framesShown && !t.o.Full {
			t.line("  … %d more calls", len(s.Frames)-i)
			return
		}
		if s.Hidden && f.Place == s.Place() {
			t.line("  a function that Go does not say")
		}
		left := fmt.Sprintf("  %s  ", pad(30, head(goroutines.InPackage(f.Func), 40)))
		t.line("%s%s", left, t.short(t.place(f.Place), t.o.Width-columns(left)))
		if f.Place == s.Place() {
			t.code("      ", t.sourceAt(f.Place))
		}
	}
	if s.Hidden && s.Place() == "" {
		t.line("  a function that Go does not say")
	}
}
