//go:build !race

package enginetest

func hide()   {}
func unhide() {}
