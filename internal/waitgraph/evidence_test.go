package waitgraph

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the table of evidence into the docs")

// The docs have the table, and the schema of reports as data has its names.
func TestWritten(t *testing.T) {
	var rows, names []string
	for _, r := range table {
		rows = append(rows, fmt.Sprintf("| %s | %s | %s |", r.Name, r.Why, r.Counts))
		names = append(names, fmt.Sprintf("%q", r.Name))
	}
	for _, w := range []struct{ file, before, text, after string }{
		{"verdicts.md", "| | why it counts | counts as an edge |\n| --- | --- | --- |\n", strings.Join(rows, "\n"), "\n\n"},
		{"report.schema.json", `"how": {"enum": [`, strings.Join(names, ", "), "]"},
	} {
		name := "../../docs/" + w.file
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		head, rest, ok := strings.Cut(string(content), w.before)
		require.True(t, ok, w.before)
		has, tail, ok := strings.Cut(rest, w.after)
		require.True(t, ok, w.after)
		if *update {
			require.NoError(t, os.WriteFile(name, []byte(head+w.before+w.text+w.after+tail), 0o644))
			continue
		}
		assert.Equal(t, w.text, has, "%s: go test ./internal/waitgraph -update writes it", name)
	}
}
