package engine

// A queue is an intrusive list of enabled tasks in the order in which they became so, which is the order Go's own run
// queue has. A task stands in one queue at most.
type queue struct {
	head, tail *Task
	n          int
}

func (q *queue) push(t *Task) {
	t.queue, t.prev, t.next = q, q.tail, nil
	if q.tail == nil {
		q.head = t
	} else {
		q.tail.next = t
	}
	q.tail = t
	q.n++
}

func (q *queue) remove(t *Task) {
	if t.prev == nil {
		q.head = t.next
	} else {
		t.prev.next = t.next
	}
	if t.next == nil {
		q.tail = t.prev
	} else {
		t.next.prev = t.prev
	}
	t.queue, t.prev, t.next = nil, nil, nil
	q.n--
}

// at returns the i-th task, 0 <= i < q.n.
func (q *queue) at(i int) *Task {
	if i == q.n-1 {
		return q.tail
	}
	t := q.head
	for ; i > 0; i-- {
		t = t.next
	}
	return t
}

// take removes and returns the first task.
func (q *queue) take() *Task {
	t := q.head
	q.remove(t)
	return t
}
