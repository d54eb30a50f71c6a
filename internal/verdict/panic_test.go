package verdict

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReadPanic(t *testing.T) {
	for _, tt := range []struct{ name, output, who, value, stack string }{
		{"in a goroutine", `some output
panic: send on closed channel

goroutine 35 [running]:
example.com/live.(*feed).send(0xc0000a2000)
	/src/live/live.go:9 +0x2c
example.com/live.TestFeed.func2()
	/src/live/live_test.go:20 +0x1d
created by example.com/live.TestFeed in goroutine 7
	/src/live/live_test.go:19 +0x9f
exit status 2
`, "g35 TestFeed.func2", "send on closed channel", "example.com/live.(*feed).send"},
		{"in the test itself, by package testing", `--- FAIL: TestIndex (0.00s)
panic: runtime error: index out of range [5] with length 3 [recovered, repanicked]

goroutine 7 [running]:
testing.tRunner.func1.2({0x5b2f40, 0xc0000162d0})
	/go/src/testing/testing.go:1872 +0x237
panic({0x5b2f40?, 0xc0000162d0?})
	/go/src/runtime/panic.go:783 +0x132
example.com/live.TestIndex(0xc000003500)
	/src/live/live_test.go:11 +0x1d
testing.tRunner(0xc000003500, 0x5f2e28)
	/go/src/testing/testing.go:1934 +0xea
`, "g7 TestIndex", "runtime error: index out of range [5] with length 3", "example.com/live.TestIndex"},
		{"a nil pointer", `panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x52a2b4]

goroutine 21 [running]:
example.com/live.f(...)
	/src/live/live.go:3
`, "g21 f", "runtime error: invalid memory address or nil pointer dereference", "example.com/live.f"},
		{"another by what was deferred", `panic: one
	panic: two

goroutine 21 [running]:
example.com/live.f(...)
	/src/live/live.go:3
`, "g21 f", "one", "example.com/live.f"},
		{"of a lock", `fatal error: sync: unlock of unlocked mutex

goroutine 21 [running]:
internal/sync.fatal({0x5f5b5b?, 0x0?})
	/go/src/runtime/panic.go:1094 +0x18
example.com/live.f(...)
	/src/live/live.go:3
`, "g21 f", "fatal error: sync: unlock of unlocked mutex", "internal/sync.fatal"},
	} {
		v := ReadPanic(tt.output)
		require.NotNil(t, v, tt.name)
		assert.Equal(t, tt.who, v.Who, tt.name)
		assert.Equal(t, tt.value, v.Value, tt.name)
		assert.Equal(t, tt.stack, calledFuncs("goroutine\n" + v.Stack)[0], tt.name)
	}
	for _, output := range []string{"", "it says panic: often\n", "panic: cut off", "fatal error: stack overflow\n\ngoroutine 1 [running]:\nmain.f()\n\t/a.go:1\n", "exit status 1\n"} {
		assert.Nil(t, ReadPanic(output), output)
	}
}
