package campaign

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// What runs at the same time counts once, and what nothing runs in does not count.
func TestStopwatch(t *testing.T) {
	at := func(seconds int) time.Time { return time.Unix(int64(seconds), 0) }
	var s stopwatch
	s.start(at(1))
	s.start(at(2))
	s.stop(at(4))
	s.stop(at(5))
	s.start(at(8))
	s.stop(at(10))
	assert.Equal(t, 6*time.Second, s.measured())
}
