package worker

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each execution gets what was printed during it, whatever was printed before, and whatever code did to the file.
func TestCapture(t *testing.T) {
	name := filepath.Join(t.TempDir(), "output")
	c, err := newCapture(name)
	require.NoError(t, err)
	during := func(print func()) string {
		restore := c.begin()
		print()
		restore()
		return c.end("TestA")
	}
	say := func(s string) func() { return func() { fmt.Fprint(os.Stdout, s) } }
	long := strings.Repeat("a line\n", captured/7+1)
	assert.Equal(t, "", during(say("")))
	assert.Equal(t, "one\n", during(say("=== RUN   TestA\none\n--- PASS: TestA (0.00s)\n")))
	assert.Equal(t, "", during(say("")))
	assert.Equal(t, long, during(say(long)))
	assert.Equal(t, "two", during(say("two")))
	assert.Equal(t, "three", during(func() { say("three")(); os.Stdout.Close() }))
	assert.Equal(t, "four", during(say("four")))

	heads := "=== RUN   TestA\n--- PASS: TestA (0.00s)\n"
	assert.Equal(t, "", during(say(heads)))
	defer c.begin()()
	say("the last word")() // of a process that ends here
	left, err := os.ReadFile(name)
	require.NoError(t, err)
	assert.Equal(t, heads+"the last word", string(left))
}
