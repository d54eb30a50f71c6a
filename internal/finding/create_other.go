//go:build !linux

package finding

import "os"

// create makes a file with content.
func create(name string, content []byte) error { return os.WriteFile(name, content, 0o644) }
