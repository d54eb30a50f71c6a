package nativestack

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestBeginning(t *testing.T) {
	const (
		byEngine  = "created by jostle/internal/engine.(*Task).start in goroutine 7\n\texecution.go:615 +0x1f1"
		byPerturb = "created by jostle/perturb.start in goroutine 7\n\tperturb.go:80 +0x71"
	)
	tests := map[string]struct {
		stack string
		want  bool
	}{
		"not run": {"goroutine 9 [runnable]:\njostle/internal/engine.(*Task).start.gowrap1()\n\tx.go:1\n" + byEngine, true},
		"interrupted where it begins": {"goroutine 9 [runnable, synctest bubble 1]:\nruntime.asyncPreempt2()\n\tx.go:1 +0x39\n" +
			"jostle/internal/engine.(*Task).start.gowrap1()\n\tx.go:1 +0x1b\nruntime.goexit({})\n\tx.s:1 +0x1\n" + byEngine, true},
		"arguments not known": {"goroutine 9 [running]:\njostle/internal/engine.(*Task).run(0x0?, 0x0?)\n\tx.go:1 +0x1b\n" + byEngine, true},
		"on another thread":   {"goroutine 9 [running]:\n\tgoroutine running on other thread; stack unavailable\n" + byEngine, true},
		"outside, not run":    {"goroutine 9 [runnable]:\njostle/perturb.start.gowrap1()\n\tx.go:1\n" + byPerturb, true},
		"outside, arguments not known": {"goroutine 9 [runnable]:\njostle/internal/engine.RunStarted(0x0?, 0x0?)\n\tx.go:1 +0x1b\n" +
			byPerturb, true},
		"a task, of whichever execution": {"goroutine 9 [running]:\nmain.f()\n\tx.go:1 +0x1b\n" +
			"jostle/internal/engine.(*Task).run(0xc00001, 0xc00002)\n\tx.go:1 +0x1b\n" + byEngine, false},
		"outside": {"goroutine 9 [running]:\nmain.f()\n\tx.go:1 +0x1b\njostle/internal/engine.RunStarted(0xc00001?, 0xc00002)\n\tx.go:1 +0x1b\n" +
			byPerturb, false},
		"waits":           {"goroutine 9 [chan receive]:\njostle/internal/engine.(*Task).run(0xc00001?, 0x0?)\n\tx.go:1 +0x1b\n" + byEngine, false},
		"started by code": {"goroutine 9 [running]:\nmain.f()\n\tx.go:1 +0x1b\ncreated by main.g in goroutine 1\n\tx.go:1 +0x1", false},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			for _, stack := range []string{c.stack, strings.ReplaceAll(c.stack, "jostle/", "github.com/jostle-dev/jostle/")} {
				assert.Equal(t, c.want, beginning(stack, nil), stack)
			}
		})
	}
}
