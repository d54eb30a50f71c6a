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

func TestWithoutCalls(t *testing.T) {
	own := Standard() + "jostle/internal/worker/test.go:130"
	const before, after = "    a_test.go:3:\n        Error Trace:\t/m/a_test.go:3\n", "        Error:\tno\n"
	assert.Equal(t, before+after, WithoutCalls(before+"        \t"+own+"\n"+after))
	for _, text := range []string{before + after, "\t" + own + " is a line with more in it\n", "\t/m/jostle/internal/worker/test.go:130\n"} {
		assert.Equal(t, text, WithoutCalls(text))
	}
}
