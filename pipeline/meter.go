package pipeline

import (
	"sync"
	"sync/atomic"
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

// A meter keeps count of a query's progress. It is safe for concurrent use.
type meter struct {
	scanned, written, groups atomic.Int64
}

func (m *meter) read() Progress {
	return Progress{
		RowsScanned: int(m.scanned.Load()),
		RowsWritten: int(m.written.Load()),
		Groups:      int(m.groups.Load()),
	}
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
