package stacks_test

import (
	"reflect"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/network"
	"github.com/jostle-dev/jostle/internal/stacks"
	"github.com/jostle-dev/jostle/internal/worker"
	"github.com/jostle-dev/jostle/perturb"
	"github.com/jostle-dev/jostle/perturb/testhook"
)

func TestOurs(t *testing.T) {
	for _, f := range []any{engine.Self, (*worker.Process).Check, perturb.Close[chan int], testhook.Run, network.Current} {
		name := runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name()
		assert.True(t, stacks.Ours(name), name)
	}
	tests := map[string]bool{
		"github.com/jostle-dev/jostle/internal/engine.(*Task).run(0x1)":   true,
		"jostle/internal/engine.(*Task).run.func1":                        true,
		"jostle/perturb/testhook.Run":                                     true,
		"jostle/harness.Check":                                            true,
		"github.com/jostle-dev/jostle/harness.Check":                      true,
		"github.com/jostle-dev/jostle/perturbation.F":                     false,
		"github.com/jostle-dev/jostle/pipeline.(*Query).Run":              false,
		"example.com/github.com/jostle-dev/jostle/internal/engine.Self()": false,
		"example.com/jostle/perturb.Recv":                                 false,
		"perturb.Recv":                                                    false,
		"":                                                                false,
	}
	for name, want := range tests {
		assert.Equal(t, want, stacks.Ours(name), name)
	}
	assert.True(t, stacks.Of("jostle/internal/engine.Self", "perturb", "internal/engine"))
	assert.False(t, stacks.Of("jostle/internal/engine.Self", "perturb"))
}

func TestCalls(t *testing.T) {
	stack := "goroutine 1 [running]:\njostle/internal/engine.RunCall(0x1)\n\t/engine.go:1 +0x1\nmain.main()\n\t/main.go:1 +0x1"
	assert.True(t, stacks.Calls(stack, "internal/engine.RunCall"))
	assert.False(t, stacks.Calls(stack, "internal/engine.Run"))
	assert.False(t, stacks.Calls(stack, "engine.RunCall"))
	assert.True(t, stacks.Calls(stack, "internal/engine.Run", "internal/engine.RunCall"))
	assert.False(t, stacks.Calls("goroutine 1 [running]:\nexample.com/jostle/internal/engine.Run(0x1)\n", "internal/engine.Run"))
}
