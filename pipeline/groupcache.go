package pipeline

import "sync"

// A groupCache numbers the texts of a key column, for all lanes of a query together: each distinct text is kept once, and
// what the lanes compare and merge are numbers. It is read much more often than written. All methods are safe for
// concurrent use.
type groupCache struct {
	twin Twin

	mu    sync.RWMutex
	view  groupView
	texts []string // by number
}

// A groupView is what a [groupCache] holds while it is locked. It must not outlive the lock.
type groupView map[string]int64

func newGroupCache(twin Twin) *groupCache {
	return &groupCache{twin: twin, view: groupView{}}
}

// numbers returns the number of each text. New texts get the next numbers.
func (c *groupCache) numbers(texts []string) []int64 {
	numbers := make([]int64, len(texts))
	if !c.find(texts, numbers) {
		c.add(texts, numbers)
	}
	return numbers
}

// find fills in the numbers of the texts and reports whether all are known.
//
// It locks once for all of them and passes the locked view down. The broken twin calls number for each, which locks for
// itself: a lane that comes to add a text between the two locks waits for the first to be given back, and nobody gets the
// second while a writer waits.
func (c *groupCache) find(texts []string, numbers []int64) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	number := c.view.number
	if c.twin == Broken {
		number = c.number
	}
	for i, text := range texts {
		n, known := number(text)
		if !known {
			return false
		}
		numbers[i] = n
	}
	return true
}

// add fills in the numbers of the texts, and gives numbers to those that have none.
func (c *groupCache) add(texts []string, numbers []int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, text := range texts {
		n, known := c.view.number(text)
		if !known {
			n = int64(len(c.texts))
			c.view[text] = n
			c.texts = append(c.texts, text)
		}
		numbers[i] = n
	}
}

// number returns the number of one text, if it has one.
func (c *groupCache) number(text string) (int64, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.view.number(text)
}

// all returns the texts in the order of their numbers. They must not be written to.
func (c *groupCache) all() []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.texts
}

func (v groupView) number(text string) (int64, bool) {
	n, known := v[text]
	return n, known
}
