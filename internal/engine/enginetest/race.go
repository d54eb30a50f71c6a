//go:build race

package enginetest

import "runtime"

func hide()   { runtime.RaceDisable() }
func unhide() { runtime.RaceEnable() }
