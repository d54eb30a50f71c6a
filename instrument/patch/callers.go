package patch

// Package testing looks up who calls for each test that it runs, and again for each clean-up: that is one function's name each time,
// nothing that is known of a clean-up of ours, and of no use for a test that is not a subtest.
var callers = group{
	name: "callers",
	loss: "each execution of a test takes longer",
	edits: []edit{
		{file: "testing/testing.go", in: "tRunner", find: `callerName(0)`, put: `"testing.tRunner"`},
		{file: "testing/testing.go", in: "T.Run", find: `runtime.Callers(2, pc[:])`, put: `jostleCallers(&t.common, pc[:])`},
		// None: these only say that the callers of T.Run are for nothing else, and that the function is what it is called for.
		{file: "testing/testing.go", in: "T.Run", find: `creator: pc[:n]`, put: `creator: pc[:n]`},
		{file: "testing/testing.go", in: "common.frameSkip", find: `c.level > 1`, put: `c.level > 1`},
		{file: "testing/testing.go", in: "common.Cleanup", find: `c.cleanups = append(c.cleanups, fn)`, put: `c.cleanups = append(c.cleanups, fn)`},
	},
	files: []string{"testing/jostle_cleanup.go", "jostle/internal/worker/cleanup_patched.go"},
}
