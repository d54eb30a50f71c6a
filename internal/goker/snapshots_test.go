package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/report"
)

// Each kernel's execution is told as its golden file has it. The executions are those of the last "go run ./internal/goker -update".
func TestSnapshots(t *testing.T) {
	s, err := readSnapshots(filepath.Join("testdata", snapshotsFile))
	require.NoError(t, err)
	goldens, err := filepath.Glob(filepath.Join("testdata", "*.golden"))
	require.NoError(t, err)
	var kernels []string
	for _, name := range goldens {
		kernel := strings.TrimSuffix(filepath.Base(name), ".golden")
		kernels = append(kernels, kernel)
		t.Run(kernel, func(t *testing.T) {
			require.Contains(t, s.Kernels, kernel)
			want, err := os.ReadFile(name)
			require.NoError(t, err)
			assert.Equal(t, string(want), explanation(s.verdict(kernel).Facts()))
		})
	}
	assert.Equal(t, kernels, slices.Sorted(maps.Keys(s.Kernels)))
}

// What led to an end is told in a dozen steps at most, each with its goroutine, what that does, and where.
func TestSteps(t *testing.T) {
	s, err := readSnapshots(filepath.Join("testdata", snapshotsFile))
	require.NoError(t, err)
	counts := map[int]int{}
	for _, kernel := range slices.Sorted(maps.Keys(s.Kernels)) {
		var b strings.Builder
		require.NoError(t, report.Text(&b, s.verdict(kernel), report.Options{Dir: "/goker"}))
		_, steps, ok := strings.Cut(b.String(), "\nhow it came to that")
		if !ok {
			continue // it goes round
		}
		_, steps, _ = strings.Cut(steps, "\n")
		steps, _, _ = strings.Cut(steps, "\n\n")
		n := 0
		for _, line := range strings.Split(steps, "\n") {
			if strings.HasPrefix(strings.TrimSpace(line), "…") {
				continue // how many are left out
			}
			assert.Regexp(t, `^ +(\d+|>) +(g\d+ )?\S.*\S  +\S+:\d+|^ +(\d+|>) +g?\S+ .*(ends|preempted|held back)`, line, kernel)
			n++
		}
		assert.LessOrEqual(t, n, 12, kernel)
		counts[n]++
	}
	t.Log("reports by how many steps they show:", counts)
}
