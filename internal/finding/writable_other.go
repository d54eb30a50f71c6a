//go:build !unix

package finding

import "os"

// writable reports whether files can be made in a directory that is there. No call says so before: it makes one, and removes it.
func writable(dir string) bool {
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return false
	}
	f.Close()
	return os.Remove(f.Name()) == nil
}
