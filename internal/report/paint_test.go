package report

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whatever the report, colours change nothing of its text, and end in the line in which they begin.
func TestPainterKeepsText(t *testing.T) {
	goldens, err := filepath.Glob("../../fuzz/bugs/testdata/*.golden")
	require.NoError(t, err)
	require.NotEmpty(t, goldens)
	colour := regexp.MustCompile(`\x1b\[\d*m`)
	for _, name := range goldens {
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		var b strings.Builder
		_, err = NewPainter(&b).Write(content)
		require.NoError(t, err)
		assert.Equal(t, string(content), colour.ReplaceAllString(b.String(), ""), name)
		assert.Contains(t, b.String(), bold+red, name)
		for line := range strings.Lines(b.String()) {
			if all := colour.FindAllString(line, -1); len(all) > 0 {
				assert.Equal(t, plain, all[len(all)-1], line)
			}
		}
	}
}

func TestPainter(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"headline", "    deadlock: a b\n", "    " + bold + red + "deadlock:" + plain + bold + " a b" + plain + "\n"},
		{"title", "leak: x\n  ┌─▶ g2 f.func1   started by g1 at a.go:1\n",
			bold + red + "leak:" + plain + bold + " x" + plain + "\n  ┌─▶ " + bold + "g2 f.func1" + plain + dim + "   started by g1 at a.go:1" + plain + "\n"},
		{"no report", "  waits  lock mu\nok  \tp\t0.1s\n", "  waits  lock mu\nok  \tp\t0.1s\n"},
		{"behind a report", "leak: x\nok  \tp\t0.1s\n  waits  a\n",
			bold + red + "leak:" + plain + bold + " x" + plain + "\nok  \tp\t0.1s\n  waits  a\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			p := NewPainter(&b)
			for line := range strings.Lines(tt.text) { // state is kept from line to line
				_, err := p.Write([]byte(line))
				require.NoError(t, err)
			}
			assert.Equal(t, tt.want, b.String())
		})
	}
}
