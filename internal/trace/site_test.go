package trace

import (
	"hash/fnv"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The keys are in files that people keep.
func TestKey(t *testing.T) {
	h := fnv.New64a()
	h.Write([]byte("example.com/m.f\x00" + OpAcquire.String() + "\x00" + "permits"))
	assert.Equal(t, h.Sum64(), Key("example.com/m.f", OpAcquire, "permits"))
}

func TestInTest(t *testing.T) {
	for file, want := range map[string]bool{"/m/a_test.go": true, "_test.go": true, "/m/a.go": false, "test.go": false, "": false} {
		assert.Equal(t, want, (&Site{File: file}).InTest(), file)
	}
}
