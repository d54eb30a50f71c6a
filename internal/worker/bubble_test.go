package worker

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestSeldom(t *testing.T) {
	for _, takes := range []time.Duration{0, time.Millisecond, 3 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			var s seldom
			began, asked := time.Now(), time.Duration(0)
			for time.Since(began) < time.Hour {
				said := s.ask(func() bool {
					time.Sleep(takes)
					asked += takes
					return true
				})
				assert.True(t, said || takes > 0, "what takes no time is asked each time")
				time.Sleep(watchEvery)
			}
			assert.LessOrEqual(t, asked, time.Hour/20)
			assert.GreaterOrEqual(t, asked, min(takes*1000, time.Hour/25))
		})
	}
}
