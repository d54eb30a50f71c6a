package verdict

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/program"
)

// A function is ignored by the name that people write, whatever the linker makes of its package's path.
func TestIgnoreEscaped(t *testing.T) {
	const fn = "gopkg.in/lumberjack%2ev2.(*Logger).millRun.func1"
	for _, name := range []string{"gopkg.in/lumberjack.v2.(*Logger).millRun", "gopkg.in/lumberjack%2ev2.(*Logger).millRun"} {
		assert.True(t, names(program.Ignore{Func: name}, fn), name)
	}
	assert.True(t, names(program.Ignore{Func: "lumberjack.v2.(*Logger).millRun", Short: true}, fn))
	assert.Equal(t, "gopkg.in/lumberjack.v2.(*Logger).millRun", declared(fn))
}
