package predict

import (
	"fmt"

	"github.com/jostle-dev/jostle/internal/strategy"
	"github.com/jostle-dev/jostle/internal/trace"
)

// wakeups predicts from wake-ups that met nobody: a signal, or a send that was given up for a select's default. Whoever waits
// for the same may have decided to before, and is held back on its way into the wait.
func (e *execution) wakeups() []Prediction {
	did := map[*trace.Site]bool{}
	var out []Prediction
	for _, s := range e.Steps {
		if s.Op != trace.OpRecv && s.Op != trace.OpCondWait || s.Object == 0 || s.Site == nil || did[s.Site] {
			continue
		}
		d := e.objects[s.Object].Dropped
		if d.Task == 0 || d.Task == s.Task || d.Site == nil {
			continue
		}
		did[s.Site] = true
		out = append(out, Prediction{
			Kind: Wakeup, Pauses: []strategy.Pause{{At: s.Site.StableKey()}},
			Text: fmt.Sprintf("the %s on %s met nobody, and %s waits for one", d.Op, name(d.Site), name(s.Site)),
			seen: []*trace.Site{d.Site, s.Site},
		})
	}
	return out
}
