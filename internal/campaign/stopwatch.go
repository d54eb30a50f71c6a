package campaign

import (
	"sync"
	"time"
)

// A stopwatch measures how long at least one of several is running. Its zero value is ready, and goroutines may share it.
type stopwatch struct {
	mu      sync.Mutex
	running int
	since   time.Time // when the first of those began that are running
	total   time.Duration
}

// start is told that one begins, at the time now.
func (s *stopwatch) start(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == 0 {
		s.since = now
	}
	s.running++
}

// stop is told that one ends, at the time now.
func (s *stopwatch) stop(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	if s.running == 0 {
		s.total += now.Sub(s.since)
	}
}

// measured returns how long at least one was running; those that still run do not count.
func (s *stopwatch) measured() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}
