package patch

// A goroutine of an execution that gives the token to another, and waits until it has it again, is switched from as package runtime
// switches from a coroutine: the other one runs on at once, on the same processor, without the scheduler.
var gates = group{
	name: "gates",
	loss: "each step at which another goroutine continues takes longer",
	edits: []edit{ // none: these only say that a switch of coroutines is what it was
		{file: "runtime/coro.go", in: "coroswitch_m", find: `setMNoWB(&gp.m, nil)`, put: `setMNoWB(&gp.m, nil)`},
		{file: "runtime/coro.go", in: "coroswitch_m", find: `trace.GoSwitch(gnext, exit)`, put: `trace.GoSwitch(gnext, exit)`},
		{file: "runtime/coro.go", in: "coroswitch_m", find: `setGNoWB(&mp.curg, gnext)`, put: `setGNoWB(&mp.curg, gnext)`},
		{file: "runtime/coro.go", in: "coroswitch_m", find: `setMNoWB(&gnext.m, mp)`, put: `setMNoWB(&gnext.m, mp)`},
		{file: "runtime/coro.go", in: "coroswitch_m", find: `tryRecordGoroutineProfile(gnext, nil, osyield)`, put: `tryRecordGoroutineProfile(gnext, nil, osyield)`},
		{file: "runtime/coro.go", in: "coroswitch_m", find: `gnext.atomicstatus.CompareAndSwap(_Gwaiting, _Grunning)`, put: `gnext.atomicstatus.CompareAndSwap(_Gwaiting, _Grunning)`},
		{file: "runtime/coro.go", in: "coroswitch_m", find: `gogo(&gnext.sched)`, put: `gogo(&gnext.sched)`},
	},
	files: []string{"runtime/jostle_gate.go", "jostle/internal/engine/gate_patched.go"},
}
