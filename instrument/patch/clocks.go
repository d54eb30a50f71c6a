package patch

// An execution is a bubble, and a testing/synctest bubble of a test is a part of it. Its goroutines see a clock of their own: so many
// nanoseconds ahead of that of the execution, on which all timers are. A goroutine has that from the one that has started it, and a timer, which sends the
// time or begins a goroutine, from the one that has set it.
var clocks = group{
	name: "clocks",
	loss: "the clock of a testing/synctest bubble does not begin at midnight in an execution",
	edits: []edit{
		{file: "runtime/runtime2.go", in: "g", find: `*synctestBubble`, put: `*synctestBubble; ahead int64`},
		{file: "runtime/proc.go", in: "newproc1", find: `newg.bubble = callergp.bubble`, put: `newg.bubble, newg.ahead = callergp.bubble, callergp.ahead`},
		{file: "runtime/proc.go", in: "gdestroy", find: `gp.bubble = nil`, put: `gp.bubble, gp.ahead = nil, 0`},
		{file: "runtime/time.go", in: "timer", put: ` ahead int64; `},
		{file: "runtime/time.go", in: "newTimer", find: `t.isFake = true`, put: `t.isFake, t.ahead = true, getg().ahead`},
		{file: "runtime/time.go", in: "resetTimer", put: ` t.ahead = getg().ahead; `},
		{file: "runtime/time.go", in: "timer.unlockAndRun", find: `gp.bubble = bubble`, put: `gp.bubble, gp.ahead = bubble, t.ahead`},
		{file: "runtime/time.go", in: "timer.unlockAndRun", find: `gp.bubble = nil`, put: `gp.bubble, gp.ahead = nil, 0`},
		{file: "runtime/time.go", in: "time_runtimeNow", find: `bubble.now`, put: `bubble.jostleSeen()`, times: 2},
	},
	files: []string{"runtime/jostle_clock.go", "jostle/internal/engine/clock_patched.go"},
}
