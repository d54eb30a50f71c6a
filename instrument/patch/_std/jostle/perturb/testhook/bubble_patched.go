package testhook

import (
	"testing"
	_ "unsafe" // for go:linkname
)

func init() { runInBubble = testInBubble }

// testInBubble is testing's.
//
//go:linkname testInBubble
func testInBubble(t *testing.T, f func(*testing.T)) bool
