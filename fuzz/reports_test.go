package fuzz

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the reports of the corpus as they are")

// What is said of each bug of the pipeline: the goroutines, what they hold and wait for and where, the rule, what to change.
// The report of the first entry of each target's corpus is kept, from the verdict to the advice.
func TestReports(t *testing.T) {
	entries, err := filepath.Glob("testdata/fuzz/*Broken/*")
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, entry := range entries {
		target := filepath.Base(filepath.Dir(entry))
		if seen[target] {
			continue
		}
		seen[target] = true
		t.Run(target, func(t *testing.T) {
			out, err := exec.Command(os.Args[0], "-test.v", "-test.run", "^"+target+"$/^"+filepath.Base(entry)+"$").CombinedOutput()
			require.NoError(t, err, "%s", out)
			_, report, _ := strings.Cut(string(out), "fuzz.go:")
			_, report, _ = strings.Cut(report, "\n")
			report, _, found := strings.Cut(report, "\n        replay\n")
			require.True(t, found, "%s", out)
			var b strings.Builder
			for line := range strings.Lines(report) {
				b.WriteString(strings.TrimPrefix(line, "        "))
			}
			golden := filepath.Join("testdata", "reports", target+".golden")
			if *update {
				require.NoError(t, os.MkdirAll(filepath.Dir(golden), 0o755))
				require.NoError(t, os.WriteFile(golden, []byte(b.String()), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			assert.Equal(t, string(want), b.String(), "go test ./fuzz -run TestReports -update, if it is as it ought to be")
		})
	}
	assert.Len(t, seen, 9)
}
