package worker

import (
	"testing"
	_ "unsafe" // for go:linkname
)

func init() { cleanup = testingCleanup }

// testingCleanup is testing's.
//
//go:linkname testingCleanup
func testingCleanup(t *testing.T, f func())
