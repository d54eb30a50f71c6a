package toolchain

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestUsable(t *testing.T) {
	tests := []struct {
		built, wanted string
		usable        bool
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
		err := usable(test.built, test.wanted)
		if test.usable {
			assert.NoError(t, err, test)
		} else {
			assert.ErrorContains(t, err, "go install", test)
		}
	}
	assert.ErrorContains(t, usable("go1.26.8", "go1.24.6"), "the go command here is go1.24.6, and jostle needs Go 1.25 or later")
	assert.ErrorContains(t, usable("go1.26.8", "go1.27.1 X:nodwarf5"), "(GOTOOLCHAIN=go1.27.1 go install github.com/")
	assert.ErrorContains(t, usable("go1.26.8", "devel go1.28-3f2a9c Tue"), "(go install github.com/jostle-dev/jostle/cmd/jostle@latest with that Go)")
}
