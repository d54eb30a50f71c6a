package worker

import _ "unsafe" // for go:linkname

func init() { bubble = runtimeBubble }

// runtimeBubble is runtime's.
//
//go:linkname runtimeBubble
func runtimeBubble(f func())
