//go:build !linux

package descriptor

// Nothing calls this package here.

func ready(int, Mode) bool { return true }

func kindOf(int) string { return "file" }

func natureOf(int) nature { return foreign }

func kill(int) {}
