package reporttest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/report"
)

// sarifSchema returns the schema that OASIS publishes, from the module that reads SARIF for these tests.
func sarifSchema(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif").Output()
	require.NoError(t, err)
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(out)), "schema.go"), nil, 0)
	require.NoError(t, err)
	var text string
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			text, err = strconv.Unquote(lit.Value)
		}
		return true
	})
	require.NoError(t, err)
	require.Contains(t, text, "sarif-schema-2.1.0.json")
	return text
}

func reportSARIF(t *testing.T, name string, d report.Document) {
	content, err := os.ReadFile(name)
	require.NoError(t, err)

	t.Run("schema", func(t *testing.T) {
		schema, err := jsonschema.UnmarshalJSON(strings.NewReader(sarifSchema(t)))
		require.NoError(t, err)
		c := jsonschema.NewCompiler()
		c.AssertFormat()
		require.NoError(t, c.AddResource("sarif.json", schema))
		compiled, err := c.Compile("sarif.json")
		require.NoError(t, err)
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
		require.NoError(t, err)
		assert.NoError(t, compiled.Validate(doc))
	})

	log, err := sarif.FromBytes(content)
	require.NoError(t, err)
	require.Len(t, log.Runs, 1)
	run := log.Runs[0]
	require.Len(t, run.Results, len(d.Findings))
	results := map[string]*sarif.Result{}
	for i, r := range run.Results {
		f := d.Findings[i]
		results[f.Test] = r
		assert.Equal(t, "jostle/"+f.Verdict, *r.RuleID)
		assert.Equal(t, *r.RuleID, *run.Tool.Driver.Rules[r.RuleIndex].ID, "the index is that of the rule")
		assert.Equal(t, f.Cause, r.PartialFingerprints["jostleCause/v1"])
		assert.NotEmpty(t, *r.Message.Text)
		for _, rule := range run.Tool.Driver.Rules {
			assert.NotEmpty(t, *rule.Help.Text, *rule.ID)
		}
	}
	at := func(l *sarif.Location) string {
		p := l.PhysicalLocation
		return fmt.Sprintf("%s %s:%d", *p.ArtifactLocation.URIBaseID, *p.ArtifactLocation.URI, *p.Region.StartLine)
	}

	r, f := results["TestTransfer"], findingOf(t, d, "TestTransfer")
	require.Len(t, r.Locations, 1)
	assert.Equal(t, fmt.Sprintf("SRCROOT %s:%d", f.At.File, f.At.Line), at(r.Locations[0]))
	assert.Contains(t, *r.Message.Text, "Rule 2: keep one order of acquisition.")
	var related []string
	for _, l := range r.RelatedLocations {
		related = append(related, *l.Message.Text)
	}
	require.Len(t, related, 4, "two hold, two wait")
	assert.Contains(t, related[0], " holds ")
	assert.Contains(t, related[1], " waits: lock ")

	// Both threads end where they block, and one of these steps is the last of all.
	require.Len(t, r.CodeFlows, 1)
	require.Len(t, r.CodeFlows[0].ThreadFlows, 2)
	last := 0
	for i, thread := range r.CodeFlows[0].ThreadFlows {
		assert.Equal(t, fmt.Sprintf("g%d", f.Knot[i]), *thread.ID)
		end := thread.Locations[len(thread.Locations)-1]
		assert.Contains(t, *end.Location.Message.Text, "(blocks)")
		last = max(last, end.ExecutionOrder)
		for j := 1; j < len(thread.Locations); j++ {
			assert.Less(t, thread.Locations[j-1].ExecutionOrder, thread.Locations[j].ExecutionOrder)
		}
	}
	assert.Equal(t, f.Steps, last)
}
