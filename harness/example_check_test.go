package harness_test

import (
	"testing"

	"github.com/jostle-dev/jostle/harness"
)

// fetch returns the first answer. The goroutine that has the other can never hand it over.
func fetch(sources ...func() string) string {
	answers := make(chan string)
	for _, ask := range sources {
		go func(ask func() string) { answers <- ask() }(ask)
	}
	return <-answers
}

// fetches is the body of a Check, which ends in a leak.
func fetches(t harness.T) {
	one := func() string { return "one" }
	if got := fetch(one, one); got != "one" {
		t.Errorf("got %q", got)
	}
}

// In a test file the literal is a function of its own:
//
//	func TestFetch(t *testing.T) { harness.Check(t, fetches) }
func ExampleCheck() {
	_ = func(t *testing.T) { harness.Check(t, fetches) }
}
