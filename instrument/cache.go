package instrument

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/jostle-dev/jostle/internal/cachedir"
)

// store puts files, by their slash-separated names, in a folder of the cache, and returns it. A folder is there with all
// its files or not at all, whatever else goes on; if it is there already it is left alone, because equal keys have equal
// content.
func (c *Config) store(kind, key string, files map[string][]byte) (string, error) {
	final := filepath.Join(c.CacheDir, kind, key)
	if _, err := os.Stat(final); err == nil {
		cachedir.Used(final)
		return final, nil
	}
	if err := os.MkdirAll(filepath.Dir(final), 0o755); err != nil {
		return "", fmt.Errorf("keep rewritten sources (set JOSTLE_CACHE for another place): %w", err)
	}
	temp, err := os.MkdirTemp(filepath.Dir(final), ".new-")
	if err != nil {
		return "", fmt.Errorf("keep rewritten sources (set JOSTLE_CACHE for another place): %w", err)
	}
	defer os.RemoveAll(temp)
	for name, content := range files {
		name = filepath.Join(temp, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return "", err
		}
		if err := os.WriteFile(name, content, 0o644); err != nil {
			return "", err
		}
	}
	if err := os.Chmod(temp, 0o755); err != nil {
		return "", err
	}
	if err := os.Rename(temp, final); err != nil {
		if _, there := os.Stat(final); there != nil {
			return "", err
		} // else another process was quicker
	}
	return final, nil
}
