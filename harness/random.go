package harness

//lint:ignore SA1019 asked for by name; see below
import "golang.org/x/exp/rand"

// random is where schedules come from when no fuzzer makes them. This file is the only one that knows the package, which
// is deprecated upstream; what is needed of it is one generator whose sequence never changes.
type random struct{ r *rand.Rand }

func newRandom(seed uint64) random { return random{rand.New(rand.NewSource(seed))} }

// intn returns a number n with 0 <= n < max, for max > 0.
func (r random) intn(max int) int { return r.r.Intn(max) }
