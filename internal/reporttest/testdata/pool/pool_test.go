package pool

import (
	"sync"
	"testing"
)

func worker(jobs <-chan int, results chan<- int) {
	for j := range jobs {
		results <- j * j
	}
}

// Nobody closes jobs: all workers stay.
func TestWorkers(t *testing.T) {
	jobs, results := make(chan int), make(chan int, 8)
	for range 200 {
		go worker(jobs, results)
	}
	go func() {
		for i := range 300 {
			jobs <- i
		}
	}()
	for range 300 {
		<-results
	}
}

// Long and wide: two of 200 goroutines meet the wrong way, among more than 5,000 steps.
func TestCrowd(t *testing.T) {
	var count, a, b sync.Mutex
	total := 0
	both := make(chan int)
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			for range 13 {
				count.Lock()
				total++
				count.Unlock()
			}
			switch i {
			case 77:
				a.Lock()
				both <- i
				b.Lock()
			case 78:
				b.Lock()
				<-both
				a.Lock()
			}
		})
	}
	wg.Wait()
}
