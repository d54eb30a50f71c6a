// Package unprivileged is for tests of what the modes of files forbid: root may do all the same.
package unprivileged

// Become has a process of root obey the modes of files from now on, where there are such things. It cannot be taken back.
func Become() { become() }
