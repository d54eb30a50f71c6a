package cachedir

import (
	"fmt"
	"os"
	"path/filepath"
)

// Dir returns the cache directory: $JOSTLE_CACHE, or else a folder in the user's cache directory.
func Dir() (string, error) {
	if dir := os.Getenv("JOSTLE_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no place for the cache: set JOSTLE_CACHE to a directory: %w", err)
	}
	return filepath.Join(dir, "jostle"), nil
}

// Findings returns the directory in the cache for the findings of packages in whose directories nothing can be written. It is never
// swept: what is in it cannot be made anew.
func Findings() (string, error) {
	dir, err := Dir()
	return filepath.Join(dir, "findings"), err
}

// Explorations returns the directory in the cache for how far orders of tests have been gone through.
func Explorations() (string, error) {
	dir, err := Dir()
	return filepath.Join(dir, "explore"), err
}
