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
