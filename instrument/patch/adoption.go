package patch

// A channel or a timer belongs to the bubble that it was made in, and Go ends the process when it is used in another one. One
// that an execution has left in a package-level variable is adopted by the next.
var adoption = group{
	name: "adoption",
	loss: "tests that keep channels or timers in package-level variables will run in a process for each execution",
	edits: []edit{
		{file: "runtime/chan.go", in: "chansend", find: foreign, put: foreign + adopt},
		{file: "runtime/chan.go", in: "closechan", find: foreign, put: foreign + adopt},
		{file: "runtime/chan.go", in: "chanrecv", find: foreign, put: foreign + adopt},
		{file: "runtime/select.go", in: "selectgo", find: `getg().bubble != cas.c.bubble`, put: `getg().bubble != cas.c.bubble && !cas.c.jostleAdopt()`},
		{file: "runtime/time.go", in: "stopTimer", put: ` t.jostleAdopt(); `},
		{file: "runtime/time.go", in: "resetTimer", put: ` t.jostleAdopt(); `},
	},
	files: []string{"runtime/jostle_adopt.go"},
}

const (
	foreign = `c.bubble != nil && getg().bubble != c.bubble`
	adopt   = ` && !c.jostleAdopt()`
)
