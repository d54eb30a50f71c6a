package patch

// Randomness is the name of the group without which random values are different each time.
const Randomness = "randomness"

// In a bubble every random value comes from a counter of the bubble: the order of maps, their seeds, the top-level functions of
// math/rand and math/rand/v2, hash/maphash, native selects, the order of timers that are due at once, names of temporary files,
// crypto/rand and what is made of it. Outside of bubbles there is a counter of the process, as package-level maps are made there;
// only what crypto/rand returns stays random there.
var randomness = group{
	name: Randomness,
	loss: "maps and random values are different in each execution, so some tests will be said to have no two runs that are the same",
	edits: []edit{
		{file: "runtime/rand.go", in: "rand", put: ` if true { return jostleRand() }; `},
		{file: "runtime/rand.go", in: "maps_rand", find: `rand()`, put: `jostleMapSeed()`},
		{file: "runtime/rand.go", in: "randinit", find: `globalRand.state.Init(*seed)`, put: `*seed = jostleSeed(); globalRand.state.Init(*seed)`},
		{file: "internal/runtime/maps/table.go", in: "Iter.Init", find: `rand()`, put: `jostleOrder()`, times: 2},
		{file: "runtime/select.go", in: "selectgo", find: `cheaprandn(uint32(norder + 1))`, put: `jostleRandn(uint32(norder + 1))`},
		{file: "runtime/time.go", in: "timer.maybeAdd", find: `cheaprand()`, put: `jostleTimerRand()`},
		{file: "runtime/synctest.go", in: "synctestBubble", put: ` random jostleCounters; `},
		{file: "os/tempfile.go", in: "nextRandom", find: `runtime_rand()`, put: `jostleNameRand()`},
		{file: "crypto/internal/sysrand/rand.go", in: "Read", put: ` if jostleFill(b) { return }; `},
	},
	files: []string{"runtime/jostle_rand.go", "internal/runtime/maps/jostle_order.go", "os/jostle_rand.go", "crypto/internal/sysrand/jostle_rand.go", "jostle/internal/engine/random_patched.go"},
}
