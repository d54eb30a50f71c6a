package goroutines

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/stacks"
)

func TestCalls(t *testing.T) {
	stack := "goroutine 1 [running]:\njostle/internal/engine.RunCall(0x1)\n\t/engine.go:1 +0x1\nmain.main()\n\t/main.go:1 +0x1"
	assert.True(t, Calls(stack, "internal/engine.RunCall"))
	assert.False(t, Calls(stack, "internal/engine.Run"))
	assert.False(t, Calls(stack, "engine.RunCall"))
	assert.True(t, Calls(stack, "internal/engine.Run", "internal/engine.RunCall"))
	assert.False(t, Calls("goroutine 1 [running]:\nexample.com/jostle/internal/engine.Run(0x1)\n", "internal/engine.Run"))
}

func TestWithoutCalls(t *testing.T) {
	own := stacks.Standard() + "jostle/internal/worker/test.go:130"
	const before, after = "    a_test.go:3:\n        Error Trace:\t/m/a_test.go:3\n", "        Error:\tno\n"
	assert.Equal(t, before+after, WithoutCalls(before+"        \t"+own+"\n"+after))
	for _, text := range []string{before + after, "\t" + own + " is a line with more in it\n", "\t/m/jostle/internal/worker/test.go:130\n"} {
		assert.Equal(t, text, WithoutCalls(text))
	}
}
