package explain

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/report"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// Whatever a report names is explained.
func TestEveryVerdictAndRule(t *testing.T) {
	names := []string{"crash"}
	for k := verdict.Deadlock; k <= verdict.Stall; k++ {
		names = append(names, report.Topic(k))
	}
	for r := verdict.ReleaseFirst; r <= verdict.Cancel; r++ {
		names = append(names, fmt.Sprintf("rule-%d", r))
	}
	assert.Len(t, All(), len(names))
	for _, name := range names {
		topic, ok := Find(name)
		require.True(t, ok, name)
		assert.Equal(t, name, topic.Name)
	}
}

// Each is read on one screen, and has all three parts.
func TestOneScreenEach(t *testing.T) {
	for _, topic := range All() {
		assert.LessOrEqual(t, strings.Count(topic.Text, "\n"), 36, topic.Name)
		assert.Contains(t, topic.Text, "\n    ", "%s: an example", topic.Name)
		assert.Contains(t, topic.Text, "\nHow to fix it: ", topic.Name)
		for line := range strings.Lines(topic.Name + ": " + topic.Short + "\n" + topic.Text) {
			assert.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), 80, line)
		}
	}
}

func TestFind(t *testing.T) {
	for name, want := range map[string]string{
		"deadlock": "deadlock", "Lost wake-up": "lost-wake-up", "lost-wakeup": "lost-wake-up", "data race": "data-race",
		"rule 1": "rule-1", "Rule-4": "rule-4", "2": "rule-2", "hang": "", "rule-5": "", "": "",
	} {
		topic, ok := Find(name)
		assert.Equal(t, want, topic.Name, name)
		assert.Equal(t, want != "", ok, name)
	}
}
