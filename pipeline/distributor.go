package pipeline

import (
	"context"
	"math/rand/v2"
	"sync"
)

// A Distributor carries values from one sender to several receivers, each with a [DistributorLane] of its own. The
// sender gives a value to whichever lane has the least to do; values keep their order within a lane only.
//
// Send and Close are for one goroutine, each lane is for one goroutine. Use [NewDistributor].
type Distributor[T any] struct {
	lanes  []*DistributorLane[T]
	sender *Parker
	turn   int        // the lane to try first, round robin
	random *rand.Rand // for the sender only; seeded alike for all, so that a run can be repeated
}

// A DistributorLane is the end of a [Distributor] that one receiver holds: a bounded queue.
type DistributorLane[T any] struct {
	destroy  func(T)
	sender   *Parker // of the distributor, woken when there is room
	receiver *Parker
	capacity int

	mu     sync.Mutex
	queue  []T
	closed bool // the sender will send no more
	gone   bool // the receiver will receive no more
}

// probes is how many lanes, taken at random, are compared with the one whose turn it is. A few are enough to stay clear
// of the longest queues, without the cost of asking all.
const probes = 4

// NewDistributor returns a distributor with the given number of lanes, each a queue of the given capacity (at least 1
// of either). destroy is called with a value that was sent but will not be received. The twin is that of the parker
// on which a receiver sleeps while its lane is empty.
func NewDistributor[T any](lanes, capacity int, destroy func(T), twin Twin) *Distributor[T] {
	d := &Distributor[T]{
		lanes:  make([]*DistributorLane[T], lanes),
		sender: NewParker(Right),
		random: rand.New(rand.NewPCG(uint64(lanes), uint64(capacity))),
	}
	for i := range d.lanes {
		d.lanes[i] = &DistributorLane[T]{
			destroy:  destroy,
			sender:   d.sender,
			receiver: NewParker(twin),
			capacity: capacity,
		}
	}
	return d
}

// Lane returns the lane with index i.
func (d *Distributor[T]) Lane(i int) *DistributorLane[T] { return d.lanes[i] }

// Send gives v to one of the lanes. It blocks while no lane that is open has room. It returns [ErrGone] if the
// receivers of all lanes have quit, or [context.Cause] of ctx if ctx ends while it blocks; in both cases v still belongs
// to the caller. Send must not be called after Close.
func (d *Distributor[T]) Send(ctx context.Context, v T) error {
	var gone bool
	err := d.sender.Park(ctx, func() bool {
		if d.pick().offer(v) == accepted {
			return true
		}
		gone = true
		for _, lane := range d.lanes {
			switch lane.offer(v) {
			case accepted:
				gone = false
				return true
			case full:
				gone = false
			case refused:
			}
		}
		return gone
	})
	if err == nil && gone {
		err = ErrGone
	}
	return err
}

// pick returns the lane whose turn it is, or the shortest of a few others if that is strictly shorter.
func (d *Distributor[T]) pick() *DistributorLane[T] {
	best := d.lanes[d.turn]
	d.turn = (d.turn + 1) % len(d.lanes)
	if len(d.lanes) == 1 {
		return best
	}
	length := best.length()
	for range probes {
		other := d.lanes[d.random.IntN(len(d.lanes))]
		if n := other.length(); n < length {
			best, length = other, n
		}
	}
	return best
}

// Close says that the sender will send no more. The receivers still get what is in their lanes.
func (d *Distributor[T]) Close() {
	for _, lane := range d.lanes {
		lane.mu.Lock()
		lane.closed = true
		lane.mu.Unlock()
		lane.receiver.Unpark()
	}
}

// Receive returns the oldest value of the lane. It blocks while there is none. It returns [ErrClosed] when the sender
// has closed and the lane is empty, or [context.Cause] of ctx if ctx ends while it blocks.
func (l *DistributorLane[T]) Receive(ctx context.Context) (T, error) {
	var (
		v    T
		some bool
	)
	err := l.receiver.Park(ctx, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		if some = len(l.queue) > 0; some {
			v = l.queue[0]
			l.queue = l.queue[1:]
			return true
		}
		return l.closed
	})
	switch {
	case err != nil:
		return v, err
	case !some:
		return v, ErrClosed
	}
	l.sender.Unpark()
	return v, nil
}

// Quit says that the lane's receiver will receive no more. Values in the lane are destroyed, and a blocked sender looks
// for another lane.
func (l *DistributorLane[T]) Quit() {
	l.mu.Lock()
	left := l.queue
	l.queue, l.gone = nil, true
	l.mu.Unlock()

	for _, v := range left {
		l.destroy(v)
	}
	l.sender.Unpark()
}

// answer is what a lane says to a value it is offered.
type answer uint8

const (
	accepted answer = iota
	full
	refused // the receiver has quit
)

// offer adds v to the lane if there is room, and wakes its receiver.
func (l *DistributorLane[T]) offer(v T) answer {
	l.mu.Lock()
	switch {
	case l.gone:
		l.mu.Unlock()
		return refused
	case len(l.queue) >= l.capacity:
		l.mu.Unlock()
		return full
	}
	l.queue = append(l.queue, v)
	l.mu.Unlock()
	l.receiver.Unpark()
	return accepted
}

// length returns how many values wait in the lane. A lane without a receiver counts as full.
func (l *DistributorLane[T]) length() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		return l.capacity
	}
	return len(l.queue)
}
