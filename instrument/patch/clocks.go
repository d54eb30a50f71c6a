package patch

// An execution is a bubble, and a testing/synctest bubble of a test is a part of it. Its goroutines see a clock of their own, which
// is some nanoseconds ahead of the execution's. All timers are on the execution's clock. A goroutine inherits its lead from the goroutine that starts it. A timer,
// which sends the time or starts a goroutine, inherits it from the goroutine that sets it.
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
