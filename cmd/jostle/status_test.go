package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// In a log there is a line now and then, and findings at once.
func TestStatusOfALog(t *testing.T) {
	var b strings.Builder
	l := newStatusLine(&b, false)
	l.show("instrumenting")
	assert.Empty(t, b.String())
	l.last = time.Now().Add(-plainEvery)
	l.progress(1, 3, 300, 0)
	l.progress(2, 3, 600, 0)
	assert.Equal(t, "jostle: 1 of 3 tests, 300 schedules, 0 findings, 0s\n", b.String())
	b.Reset()
	l.clear()
	l.found("example.com/a", "TestA", "deadlock: two", "a/testdata/jostle/TestA.jostle")
	assert.Equal(t, "example.com/a TestA: deadlock: two\n\ta/testdata/jostle/TestA.jostle\n", b.String())

	b.Reset()
	l = newStatusLine(&b, true)
	l.last = time.Now().Add(-plainEvery)
	l.progress(1, 3, 300, 0)
	assert.Empty(t, b.String(), "-json")
}
