package cachedir

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func aged(t *testing.T, name string, age time.Duration) {
	t.Helper()
	at := time.Now().Add(-age)
	require.NoError(t, os.Chtimes(name, at, at))
}

// filled makes a cache with a directory or file of each sort in it, none of them used for a time.
func filled(t *testing.T, age time.Duration) string {
	t.Helper()
	cache := t.TempDir()
	for _, name := range all {
		name = filepath.Join(cache, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(name, 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(name, "file"), nil, 0o444))
		aged(t, name, age)
	}
	return cache
}

var all = []string{
	"toolchain/go1.26.8-0123456789abcdef",
	"toolchain/.new-123",
	"package/0123456789abcdef0123456789abcdef",
	"module/0123456789abcdef0123456789abcdef",
	"build/0123456789abcdef0123456789abcdef",
	"test/0123456789abcdef0123456789abcdef",
	"build/.new-123",
	"build/ours",
	"findings/sample-0123456789abcdef",
	"other/0123456789abcdef0123456789abcdef",
	"0123456789abcdef0123456789abcdef/file",
}

// left returns what of all is there.
func left(cache string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(name string) bool {
		_, err := os.Stat(filepath.Join(cache, filepath.FromSlash(name), "file"))
		return err != nil
	})
}

var (
	foreign = all[7:]
	whole   = []string{all[0], all[2], all[3], all[4], all[7], all[8], all[9], all[10]}
)

func TestUseSweeps(t *testing.T) {
	tests := []struct {
		name        string
		age, before time.Duration // since the things were used, since the last sweep
		want        []string
	}{
		{"nothing for a day after a sweep", 40 * day, day - time.Hour, all},
		{"what is old", 31 * day, day + time.Hour, foreign},
		{"only tests, and what was left of what is in use", 29 * day, day + time.Hour, whole},
		{"only what was left of what is in use", day, day + time.Hour, append([]string{all[0], all[2], all[3], all[4], all[5]}, foreign...)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cache := filled(t, test.age)
			require.NoError(t, os.WriteFile(filepath.Join(cache, using), nil, 0o644))
			aged(t, filepath.Join(cache, using), test.before)
			trial := filepath.Join(cache, "toolchain", Partial+"456.link")
			require.NoError(t, os.WriteFile(trial, nil, 0o644))
			require.NoError(t, Use(t.Context(), cache))
			assert.Equal(t, test.want, left(cache))
			if test.before > day { // it is a day until the next
				assert.NoFileExists(t, trial)
				info, err := os.Stat(filepath.Join(cache, using))
				require.NoError(t, err)
				assert.WithinDuration(t, time.Now(), info.ModTime(), time.Hour)
			}
		})
	}
}

// As long as another process uses a cache nothing is removed.
func TestUseSharedSweepsNothing(t *testing.T) {
	cache := filled(t, 40*day)
	name := filepath.Join(cache, using)
	other, err := hold(t.Context(), name, false, func() {})
	require.NoError(t, err)
	aged(t, name, 2*day)
	require.NoError(t, Use(t.Context(), cache))
	assert.Equal(t, all, left(cache))
	require.NoError(t, other.Close())

	sweepOnceADay(cache) // as another process: this one has the cache in use
	assert.Equal(t, all, left(cache))

	require.NoError(t, inUse.files[name].Close())
	delete(inUse.files, name)
	sweepOnceADay(cache)
	assert.Equal(t, foreign, left(cache))
}

// A cache that was removed while a process used it is a new one.
func TestUseAgain(t *testing.T) {
	cache := t.TempDir()
	name := filepath.Join(cache, using)
	require.NoError(t, Use(t.Context(), cache))
	first := inUse.files[name]
	require.NoError(t, Use(t.Context(), cache))
	assert.Same(t, first, inUse.files[name])
	if os.Remove(name) != nil {
		t.Skip("a file that is open cannot be removed here")
	}
	require.NoError(t, Use(t.Context(), cache))
	assert.FileExists(t, name)
	assert.NotSame(t, first, inUse.files[name])
}

func TestUsed(t *testing.T) {
	dir := t.TempDir()
	for age, noted := range map[time.Duration]bool{23 * time.Hour: false, 25 * time.Hour: true} {
		aged(t, dir, age)
		Used(dir)
		info, err := os.Stat(dir)
		require.NoError(t, err)
		assert.Equal(t, noted, time.Since(info.ModTime()) < time.Hour, age)
	}
	Used(filepath.Join(dir, "nothing")) // does nothing
}

func TestLock(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lock")
	unlock, err := Lock(t.Context(), name, func() { t.Error("it waits for nothing") })
	require.NoError(t, err)

	reason := errors.New("no more time")
	ctx, cancel := context.WithCancelCause(t.Context())
	waits := 0
	_, err = Lock(ctx, name, func() { waits++; cancel(reason) })
	require.ErrorIs(t, err, reason)
	assert.Equal(t, 1, waits)

	unlock2, err := Lock(t.Context(), name, unlock)
	require.NoError(t, err)
	unlock2()
}

// A lock on a file that was removed excludes no other process.
func TestLockRemoved(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lock")
	unlock, err := Lock(t.Context(), name, func() {})
	require.NoError(t, err)
	var released atomic.Bool
	second, err := Lock(t.Context(), name, func() {
		if os.Remove(name) != nil {
			t.Skip("a file that is open cannot be removed here")
		}
		third, err := Lock(t.Context(), name, func() { t.Error("it waits for nothing") })
		require.NoError(t, err)
		unlock() // the lock that the second waits for, whose file is gone
		time.AfterFunc(50*time.Millisecond, func() { released.Store(true); third() })
	})
	require.NoError(t, err)
	assert.True(t, released.Load(), "it has the lock while another has it")
	second()
}

func TestLockNowhere(t *testing.T) {
	_, err := Lock(t.Context(), filepath.Join(t.TempDir(), "none", "lock"), func() {})
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestDiscard(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "tree")
	require.NoError(t, os.MkdirAll(filepath.Join(name, "src"), 0o755))
	require.NoError(t, Discard(name))
	require.NoError(t, Discard(name))
	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, list)
}
