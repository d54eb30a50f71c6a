package patch

// A testing/synctest bubble of a test in an execution is no bubble to package runtime. Package testing still runs what is in it as it
// does in one: under the name of the test, without subtests.
var bubbles = group{
	name: "bubbles",
	loss: "what runs in a testing/synctest bubble is a subtest of the test in an execution, and has a name of its own",
	edits: []edit{ // none: these only say that the function is what it is called for
		{file: "testing/testing.go", in: "testingSynctestTest", find: `go tRunner(t2, f)`, put: `go tRunner(t2, f)`},
		{file: "testing/testing.go", in: "testingSynctestTest", find: `return !t2.failed`, put: `return !t2.failed`},
	},
	late:  true,
	files: []string{"testing/jostle.go", "jostle/perturb/testhook/bubble_patched.go"},
}
