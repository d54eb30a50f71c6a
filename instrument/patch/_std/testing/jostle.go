package testing

import _ "unsafe" // for go:linkname

// jostleBubble is what testing/synctest.Test does in its bubble.
//
//go:linkname jostleBubble jostle/perturb/testhook.testInBubble
func jostleBubble(t *T, f func(*T)) bool { return testingSynctestTest(t, f) }
