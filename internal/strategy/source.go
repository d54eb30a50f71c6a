package strategy

//lint:ignore SA1019 asked for by name; see below
import "golang.org/x/exp/rand"

// A Source is where random schedules come from when no fuzzer makes them. This file is the only one that knows the
// package, which is deprecated upstream; what is needed of it is one generator whose sequence never changes.
type Source struct{ r *rand.Rand }

// NewSource returns the source of a seed: the same one always gives the same numbers. It is for one goroutine at a time.
func NewSource(seed uint64) Source { return Source{rand.New(rand.NewSource(mixed(seed)))} }

// mixed spreads a seed over all bits (the finaliser of SplitMix64, Steele, Lea and Flood, OOPSLA 2014): what the package
// makes of like seeds begins alike.
func mixed(seed uint64) uint64 {
	seed = (seed ^ seed>>30) * 0xBF58476D1CE4E5B9
	seed = (seed ^ seed>>27) * 0x94D049BB133111EB
	return seed ^ seed>>31
}

// Intn returns a number n with 0 <= n < max, for max > 0.
func (s Source) Intn(max int) int { return s.r.Intn(max) }

// Uint64 returns any number.
func (s Source) Uint64() uint64 { return s.r.Uint64() }
