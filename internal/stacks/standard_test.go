package stacks

import (
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestStandard(t *testing.T) {
	var pcs [1]uintptr
	frame, _ := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs[:])]).Next()
	assert.Equal(t, filepath.ToSlash(frame.File), Standard()+"runtime/extern.go")
}
