package verdict

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCleanStack(t *testing.T) {
	const stack = `goroutine 7 [running, synctest bubble 3]:
runtime/debug.Stack()
	/go/src/runtime/debug/stack.go:26 +0x5e
github.com/jostle-dev/jostle/internal/engine.(*Task).run.func1()
	/jostle/internal/engine/task.go:71 +0x68
panic({0x642ae0?, 0x6b8e20?})
	/go/src/runtime/panic.go:860 +0x13a
example.com/bank.(*Account).Pay(0x1)
	/bank/bank.go:12 +0x25
example.com/bank.TestPay.func1()
	/bank/bank_test.go:9 +0x25
github.com/jostle-dev/jostle/internal/engine.(*Task).run(0x2bed46c04d80, 0x6b6950)
	/jostle/internal/engine/task.go:78 +0xa4
created by github.com/jostle-dev/jostle/internal/engine.(*Task).Go in goroutine 1612
	/jostle/internal/engine/execution.go:269 +0x20d`
	assert.Equal(t, `example.com/bank.(*Account).Pay(0x1)
	/bank/bank.go:12 +0x25
example.com/bank.TestPay.func1()
	/bank/bank_test.go:9 +0x25`, cleanStack(stack))
	assert.Empty(t, cleanStack(""))
}
