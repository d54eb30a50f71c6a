package patch

// Package testing looks up who calls for each test that it runs, and again for each clean-up: that is one function's name each time, and
// nothing that is known of a clean-up of ours.
var callers = group{
	name: "callers",
	loss: "each execution of a test takes longer",
	edits: []edit{
		{file: "testing/testing.go", in: "tRunner", find: `callerName(0)`, put: `"testing.tRunner"`},
		// None: it only says that the function is what it is called for.
		{file: "testing/testing.go", in: "common.Cleanup", find: `c.cleanups = append(c.cleanups, fn)`, put: `c.cleanups = append(c.cleanups, fn)`},
	},
	files: []string{"testing/jostle_cleanup.go", "jostle/internal/worker/cleanup_patched.go"},
}
