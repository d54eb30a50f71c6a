package verdict

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/trace"
)

func TestDoneElsewhere(t *testing.T) {
	tests := map[string]struct {
		step trace.Step
		want bool
	}{
		"an unlock":                   {trace.Step{Op: trace.OpUnlock, Site: &trace.Site{Op: trace.OpUnlock}}, false},
		"mu.Unlock as a value":        {trace.Step{Op: trace.OpUnlock, Site: &trace.Site{Op: trace.OpUnlock, Elsewhere: true}}, true},
		"wg.Done as a value":          {trace.Step{Op: trace.OpDone, Site: &trace.Site{Op: trace.OpDone, Elsewhere: true}}, true},
		"wg.Go":                       {trace.Step{Op: trace.OpDone, Site: &trace.Site{Op: trace.OpGo}}, true},
		"a cancel function":           {trace.Step{Op: trace.OpCancel, Site: &trace.Site{Op: trace.OpCancel, Elsewhere: true}}, true},
		"the timer of a deadline":     {trace.Step{Op: trace.OpTimer, Site: &trace.Site{Op: trace.OpCancel, Elsewhere: true}}, false},
		"what comes of sync.OnceFunc": {trace.Step{Op: trace.OpOnce, Site: &trace.Site{Op: trace.OpOnce, Elsewhere: true}}, true},
		"once.Do":                     {trace.Step{Op: trace.OpOnce, Site: &trace.Site{Op: trace.OpOnce}}, false},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, doneElsewhere(c.step)) })
	}
}
