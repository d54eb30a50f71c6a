package stacks

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestStandard(t *testing.T) {
	var pcs [1]uintptr
	frame, _ := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs[:])]).Next()
	assert.Equal(t, filepath.ToSlash(frame.File), Standard()+"runtime/extern.go")
}

func TestInStandard(t *testing.T) {
	assert.True(t, InStandard(Standard()+"io/pipe.go"))
	assert.True(t, InStandard(strings.ReplaceAll(Standard()+"io/pipe.go", "/", `\`)), "as Windows has it")
	for _, file := range []string{"", "/m/io/pipe.go", strings.TrimSuffix(Standard(), "/"), strings.ToUpper(Standard()) + "io/pipe.go"} {
		assert.False(t, InStandard(file), file)
	}
}
