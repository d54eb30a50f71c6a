package toolchain

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestReadable(t *testing.T) {
	tests := []struct {
		built, wanted string
		readable      bool
	}{
		{"go1.26.8", "go1.26.8", true},
		{"go1.26.0", "go1.26.8", true},
		{"go1.27.1", "go1.25.12", true},
		{"go1.26.8", "go1.27.1", false},
		{"go1.26.8", "go1.27rc1", false},
		{"go1.27rc1", "go1.27.1", true},
		{"go1.26.8", "go1.26.8-corp X:aliastypeparams", true},
		{"go1.26.8 X:nodwarf5", "go1.27.1 X:nodwarf5", false},
		{"devel go1.28-3f2a9c Tue", "go1.27.1", true},
		{"go1.27-devel_3f2a9c", "go1.28-devel_3f2a9c", false},
		{"go1.26.8", "devel go1.28-3f2a9c Tue", false},
		{"go1.26.8", "something of our own", true},
	}
	for _, test := range tests {
		err := readable(test.built, test.wanted)
		if test.readable {
			assert.NoError(t, err, test)
		} else {
			assert.ErrorContains(t, err, "go install", test)
		}
	}
	assert.ErrorContains(t, readable("go1.26.8", "go1.27.1 X:nodwarf5"), "(GOTOOLCHAIN=go1.27.1 go install github.com/")
	assert.ErrorContains(t, readable("go1.26.8", "devel go1.28-3f2a9c Tue"), "(go install github.com/jostle-dev/jostle/cmd/jostle@latest with that Go)")
}
