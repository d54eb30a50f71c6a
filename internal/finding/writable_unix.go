//go:build unix

package finding

import "syscall"

// writable reports whether files can be made in a directory that is there (access(2)).
func writable(dir string) bool {
	const write, search = 2, 1 // W_OK, X_OK
	return syscall.Access(dir, write|search) == nil
}
