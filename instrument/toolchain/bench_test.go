package toolchain

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkFound measures what Tree takes when the tree is there.
func BenchmarkFound(b *testing.B) {
	g := installed(b)
	cache := b.TempDir()
	_, err := Tree(b.Context(), cache, g, files, nil)
	require.NoError(b, err)
	for b.Loop() {
		_, err := Tree(b.Context(), cache, g, files, nil)
		require.NoError(b, err)
	}
}

// BenchmarkMade measures what Tree takes for the first tree of a Go (first) and for another (next).
func BenchmarkMade(b *testing.B) {
	g := installed(b)
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			cache := b.TempDir()
			b.StartTimer()
			_, err := Tree(b.Context(), cache, g, files, nil)
			require.NoError(b, err)
		}
	})
	b.Run("next", func(b *testing.B) {
		cache := b.TempDir()
		_, err := Tree(b.Context(), cache, g, nil, nil)
		require.NoError(b, err)
		for b.Loop() {
			dir, err := Tree(b.Context(), cache, g, files, nil)
			require.NoError(b, err)
			b.StopTimer()
			require.NoError(b, os.RemoveAll(dir))
			b.StartTimer()
		}
	})
}
