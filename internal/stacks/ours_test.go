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
