//go:build !unix

package main

import "os/exec"

// grouped: groups of processes are for unix.
func grouped(*exec.Cmd) (end func()) { return func() {} }
