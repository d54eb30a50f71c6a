package pipeline

import (
	"context"
	"sync"
)

// A pool runs computations on a fixed number of workers, so that a query keeps no more processors busy than it was told
// to, however many scans it has.
//
// Work comes from outside by run, and may itself be split with fork. What a fork has split off stands in the same queue,
// behind work from outside which may want to fork as well; so a worker that has forked must not count on the others to
// come round to its parts.
type pool struct {
	queue chan *job
	twin  Twin
}

// A job is work that is done once, by whoever comes to it first.
type job struct {
	once sync.Once
	work func()
	done chan struct{}
}

// newPool returns a pool without workers: each call of serve is one. Its queue has room for a few jobs a worker, so
// that none has to wait for whoever hands out the next.
func newPool(workers int, twin Twin) *pool {
	return &pool{queue: make(chan *job, 4*workers), twin: twin}
}

func newJob(work func()) *job { return &job{work: work, done: make(chan struct{})} }

// do does the job. If another has begun with it, do waits until that one has done it.
func (j *job) do() {
	j.once.Do(func() {
		defer close(j.done)
		j.work()
	})
}

// serve is a worker: it does what is in the queue until ctx ends.
func (p *pool) serve(ctx context.Context) {
	for {
		select {
		case j := <-p.queue:
			j.do()
		case <-ctx.Done():
			return
		}
	}
}

// run has a worker do the work and waits for it. It returns [context.Cause] of ctx if ctx ends before; then the work may
// still be done, or never be. It is not for workers.
func (p *pool) run(ctx context.Context, work func()) error {
	j := newJob(work)
	if err := p.submit(ctx, j); err != nil {
		return err
	}
	return j.await(ctx)
}

// fork does work(0) to work(n-1), some of them on other workers, and waits for all. It is for workers only. It returns
// [context.Cause] of ctx if ctx ends before; then some of it may still be done, or never be.
//
// A part that no other worker has begun with is done by the caller: what it then waits for is under way already. The
// broken twin leaves all parts to the queue, where they stand behind work that forks and waits as well. When every
// worker waits for its parts, nobody is left to do them.
func (p *pool) fork(ctx context.Context, n int, work func(int)) error {
	jobs := make([]*job, n)
	for i := range jobs {
		jobs[i] = newJob(func() { work(i) })
	}
	if p.twin == Broken {
		for _, j := range jobs {
			if err := p.submit(ctx, j); err != nil {
				return err
			}
		}
		for _, j := range jobs {
			if err := j.await(ctx); err != nil {
				return err
			}
		}
		return nil
	}
	for _, j := range jobs[min(1, n):] {
		p.offer(j)
	}
	for _, j := range jobs {
		j.do()
	}
	return nil
}

// submit puts a job into the queue. It blocks while the queue is full.
func (p *pool) submit(ctx context.Context, j *job) error {
	select {
	case p.queue <- j:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// offer puts a job into the queue if there is room.
func (p *pool) offer(j *job) {
	select {
	case p.queue <- j:
	default:
	}
}

// await blocks until the job is done.
func (j *job) await(ctx context.Context) error {
	select {
	case <-j.done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
