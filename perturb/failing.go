package perturb

import "github.com/jostle-dev/jostle/internal/engine"

// Failing comes before a method by which a test says that it fails, of whatever has it: Failing(t).Errorf(…) is
// t.Errorf(…). It is no sync point: it notes where that was said.
func Failing[T any](t T) T {
	engine.Failing(t)
	return t
}
