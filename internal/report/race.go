package report

import (
	"strings"

	"github.com/jostle-dev/jostle/internal/verdict"
)

// accesses says in half a sentence what races.
func (t *text) accesses() string {
	if len(t.v.Races) == 0 {
		return "two accesses that nothing orders; the race detector has printed them"
	}
	var both []string
	for _, a := range t.v.Races[0].Accesses {
		place := a.Place()
		if place == "" {
			place = "a place that is not known any more"
		}
		both = append(both, strings.TrimPrefix(a.What, "previous ")+" at "+t.place(place))
	}
	return strings.Join(both, " and ") + ", and nothing orders them"
}

// races shows what the race detector says: the first report in full.
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
	for _, f := range s.Frames {
		t.line("  %-36s at %s", f.Func[strings.LastIndexByte(f.Func, '/')+1:], t.place(f.Place))
	}
}
