package patch

// The goroutines of an execution run one at a time: one that wakes another, or starts it, stops at once. So no further processor is
// woken for the other. That holds for those too that run executions, and wait for each to end. The stack of a goroutine that begins is as
// large as most come to be, as each execution begins them all anew. A bubble of an execution needs nothing of package testing.
var serial = group{
	name: "serial",
	loss: "each execution takes longer",
	edits: []edit{
		{file: "runtime/synctest.go", in: "synctestBubble", put: ` serial bool; `},
		{file: "runtime/runtime2.go", in: "g", find: `*synctestBubble`, put: `*synctestBubble; serial bool`},
		{file: "runtime/proc.go", in: "newproc1", find: `newg.gopc = callerpc`, put: `newg.gopc, newg.serial = callerpc, callergp.serial`},
		{file: "runtime/synctest.go", in: "synctestRun", find: `wakep()`, put: `bubble.main.jostleWakep()`},
		{file: "runtime/proc.go", in: "ready", find: `wakep()`, put: `gp.jostleWakep()`},
		{file: "runtime/proc.go", in: "newproc", find: `wakep()`, put: `newg.jostleWakep()`},
		{file: "runtime/proc.go", in: "gfput", find: `startingStackSize`, put: `jostleStackSize()`},
		{file: "runtime/proc.go", in: "gfget", find: `startingStackSize`, put: `jostleStackSize()`, times: 2},
	},
	files: []string{"runtime/jostle_serial.go", "jostle/internal/engine/serial_patched.go", "jostle/internal/worker/bubble_patched.go"},
}
