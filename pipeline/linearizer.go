package pipeline

import "context"

// A Linearizer merges what several inserters deliver, each in order of its own, into one order by sequence number.
//
// Every inserter has a [LinearizerLane], a bounded queue. The smallest sequence number can be told only when there is a
// head from every lane that is still open; so an open lane in which nothing arrives holds up all the others, which then
// fill and block. An inserter must therefore not keep anything the other inserters need while it is in Insert.
//
// Next and Quit are for one goroutine; each lane is for one goroutine. Use [NewLinearizer].
type Linearizer[T any] struct {
	lanes []*LinearizerLane[T]
	heads []laneHead[T] // one a lane
	await []int         // the lanes whose head must be fetched before the next value can be told
	gone  chan struct{}
}

// laneHead is the first value of a lane, taken out of its queue.
type laneHead[T any] struct {
	value sequenced[T]
	open  bool // false: the lane is closed and empty
}

type sequenced[T any] struct {
	seq   uint64
	value T
}

// A LinearizerLane is the end of a [Linearizer] that one inserter holds.
type LinearizerLane[T any] struct {
	queue chan sequenced[T]
	gone  <-chan struct{}
}

// NewLinearizer returns a linearizer of the given number of lanes, each a queue of the given capacity (at least 1 of
// either).
func NewLinearizer[T any](lanes, capacity int) *Linearizer[T] {
	l := &Linearizer[T]{
		lanes: make([]*LinearizerLane[T], lanes),
		heads: make([]laneHead[T], lanes),
		await: make([]int, lanes),
		gone:  make(chan struct{}),
	}
	for i := range l.lanes {
		l.lanes[i] = &LinearizerLane[T]{queue: make(chan sequenced[T], capacity), gone: l.gone}
		l.await[i] = i
	}
	return l
}

// Lane returns the lane with index i.
func (l *Linearizer[T]) Lane(i int) *LinearizerLane[T] { return l.lanes[i] }

// Next returns the value with the smallest sequence number, the one of the lower lane when there are equals. It blocks
// until every open lane has delivered a head. It returns [ErrClosed] when all lanes are closed and empty, or
// [context.Cause] of ctx if ctx ends while it blocks; it can be called again after the latter and has lost nothing.
func (l *Linearizer[T]) Next(ctx context.Context) (T, error) {
	var zero T
	for len(l.await) > 0 {
		i := l.await[0]
		select {
		case v, open := <-l.lanes[i].queue:
			l.heads[i] = laneHead[T]{value: v, open: open}
			l.await = l.await[1:]
		case <-ctx.Done():
			return zero, context.Cause(ctx)
		}
	}

	first := -1
	for i, h := range l.heads {
		if h.open && (first < 0 || h.value.seq < l.heads[first].value.seq) {
			first = i
		}
	}
	if first < 0 {
		return zero, ErrClosed
	}
	v := l.heads[first].value.value
	l.heads[first] = laneHead[T]{}
	l.await = append(l.await, first)
	return v, nil
}

// Quit makes blocked and later inserts fail. Values in the lanes are left to the garbage collector; an Insert at the
// same time as Quit may still succeed, as if it had come just before. So values must hold nothing that has to be given
// back. Quit may be called once.
func (l *Linearizer[T]) Quit() { close(l.gone) }

// Insert adds v to the lane. The sequence numbers of one lane must not decrease. It blocks while the lane is full. It
// returns [ErrGone] if the linearizer has quit, or [context.Cause] of ctx if ctx ends while it blocks.
func (l *LinearizerLane[T]) Insert(ctx context.Context, seq uint64, v T) error {
	select {
	case l.queue <- sequenced[T]{seq: seq, value: v}:
		return nil
	case <-l.gone:
		return ErrGone
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Close says that the inserter will insert no more. The linearizer still emits what is in the lane and then skips it.
// Close may be called once.
func (l *LinearizerLane[T]) Close() { close(l.queue) }
