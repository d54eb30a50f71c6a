package pipeline

import (
	"sync"
	"time"
)

// Progress says how far a query has come.
type Progress struct {
	// RowsScanned is the number of rows taken from the source.
	RowsScanned int
	// RowsWritten is the number of rows written to the output, without the header.
	RowsWritten int
	// Groups is the number of groups a grouping query has found. It is 0 until all are known.
	Groups int
}

// A meter keeps count of a query's progress. Its methods are safe for concurrent use.
type meter struct {
	mu       sync.Mutex
	progress Progress
}

func (m *meter) update(change func(*Progress)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(&m.progress)
}

func (m *meter) read() Progress {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.progress
}

// report calls f with the progress at every interval, from a goroutine of its own, until the returned function is
// called. When that returns, the goroutine has ended.
func (m *meter) report(interval time.Duration, f func(Progress)) (stop func()) {
	var (
		done     = make(chan struct{})
		reporter sync.WaitGroup
	)
	reporter.Go(func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				f(m.read())
			case <-done:
				return
			}
		}
	})
	return func() {
		close(done)
		reporter.Wait()
	}
}
