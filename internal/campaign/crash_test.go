package campaign

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// The cause of a crash is the first function of the code itself: whatever stands before it on the stack, under whichever path jostle
// was built.
func TestEndingOf(t *testing.T) {
	const head = "fatal error: concurrent map writes\n\ngoroutine 7 [running]:\n"
	cause := func(frames string) uint64 { return endingOf("example.com/a.TestA", head+frames).cause }
	code := cause("example.com/a.write(0x1)\n\t/a/a.go:3 +0x1\n")
	for _, own := range []string{
		"internal/runtime/maps.fatal(0x2)", "runtime.throw({0x1, 0x2})",
		"github.com/jostle-dev/jostle/perturb.MapAssign(0x1)", "github.com/jostle-dev/jostle/perturb/testhook.Run(0x1)",
		"github.com/jostle-dev/jostle/internal/schedule.(*Reader).Choose(0x1)", "jostle/internal/engine.(*Task).At(0x1)", "jostle/perturb.Recv(0x1)",
	} {
		assert.Equal(t, code, cause(own+"\n\t/x.go:1 +0x1\nexample.com/a.write(0x1)\n\t/a/a.go:3 +0x1\n"), own)
	}
	assert.NotEqual(t, code, cause("example.com/a.read(0x1)\n\t/a/a.go:3 +0x1\n"))
	assert.NotEqual(t, code, cause("github.com/jostle-dev/jostle/pipeline.read(0x1)\n\t/a/a.go:3 +0x1\nexample.com/a.write(0x1)\n"))
}
