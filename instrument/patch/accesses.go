package patch

// The compiler puts calls of these functions before each load and store of a package that is compiled with its flag -race. Only a build
// with the race detector has them; in any other they are the engine's.
var accesses = group{
	name:  Accesses,
	loss:  "plain loads and stores cannot be sync points",
	files: []string{"runtime/jostle_access.go", "jostle/internal/engine/access_patched.go"},
}

// Accesses is the name of the group without which plain loads and stores cannot be sync points.
const Accesses = "accesses"
