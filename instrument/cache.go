package instrument

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/jostle-dev/jostle/internal/cachedir"
)

// store puts files, by their slash-separated names, in a folder of the cache, and returns it. A folder is there with all
// its files or not at all, whatever else goes on; if it is there already it is left alone, because equal keys have equal
// content.
func (c *Config) store(kind, key string, files map[string][]byte) (string, error) {
	final := filepath.Join(c.CacheDir, kind, key)
	if exists(final) {
		cachedir.Used(final)
		return final, nil
	}
	if err := os.MkdirAll(filepath.Dir(final), 0o755); err != nil {
		return "", fmt.Errorf("keep rewritten sources (set JOSTLE_CACHE for another place): %w", err)
	}
	err := cachedir.Make(final, func(temp string) error { return writeFiles(temp, files) })
	if err != nil && !exists(final) { // else another process was quicker
		return "", fmt.Errorf("keep rewritten sources (set JOSTLE_CACHE for another place): %w", err)
	}
	return final, nil
}

// alone does what has the go command compile much, while no other jostle does so for the same build cache: of processes that begin together,
// one compiles the standard library for all. It may be called by what it does.
func (b *build) alone(ctx context.Context, do func() error) error {
	if b.isAlone {
		return do()
	}
	_ = os.MkdirAll(b.env["GOCACHE"], 0o777)
	unlock, err := cachedir.Lock(ctx, filepath.Join(b.env["GOCACHE"], "jostle.lock"), func() {
		b.Progress("waiting for another jostle that compiles the standard library")
	})
	switch {
	case err == nil:
		defer unlock()
	case ctx.Err() != nil:
		return err
	} // else there are no locks, and they compile side by side
	b.isAlone = true
	defer func() { b.isAlone = false }()
	return do()
}

// keyOf returns the key of what depends on some content alone.
func keyOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:16])
}

// readFiles reads all files below a directory, by their slash-separated names.
func readFiles(dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		files[name], err = os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		return err
	})
	return files, err
}

// writeFiles writes files, by their slash-separated names, below a directory.
func writeFiles(dir string, files map[string][]byte) error {
	for name, content := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
