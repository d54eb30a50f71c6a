package patch

// A clean-up of ours, which is asked for in each execution of a test, and its call are nothing that package testing needs to know the
// callers of.
var cleanups = group{
	name: "cleanups",
	loss: "each execution of a test takes longer",
	edits: []edit{ // none: it only says that the function is what it is called for
		{file: "testing/testing.go", in: "common.Cleanup", find: `c.cleanups = append(c.cleanups, fn)`, put: `c.cleanups = append(c.cleanups, fn)`},
	},
	late:  true,
	files: []string{"testing/jostle_cleanup.go", "jostle/internal/worker/cleanup_patched.go"},
}
