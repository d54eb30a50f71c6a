package patch

import "slices"

// Goroutines of an execution wait for descriptors of the machine in the engine (internal/descriptor): pipes, child processes, sockets
// that are not in memory. Package internal/poll calls it, and os does, which makes pipes and awaits processes.
var descriptors = group{
	name: "descriptors",
	loss: "tests with goroutines that wait for pipes or child processes will run live",
	edits: slices.Concat(
		[]edit{
			{file: "internal/poll/fd_poll_runtime.go", in: "pollDesc", put: ` jostle any; `},
			{file: "internal/poll/fd_poll_runtime.go", in: "pollDesc.prepare", find: `runtime_pollReset(pd.runtimeCtx, mode)`, put: `pd.jostlePrepare(mode)`},
			{file: "internal/poll/fd_poll_runtime.go", in: "pollDesc.wait", find: `runtime_pollWait(pd.runtimeCtx, mode)`, put: `pd.jostleWait(mode)`},
			{file: "internal/poll/fd_poll_runtime.go", in: "pollDesc.evict", find: `runtime_pollUnblock(pd.runtimeCtx)`, put: `runtime_pollUnblock(pd.runtimeCtx); pd.jostleEvicted()`},
			{file: "internal/poll/fd_poll_runtime.go", in: "setDeadlineImpl", find: `runtime_pollSetDeadline(fd.pd.runtimeCtx, d, mode)`, put: `fd.pd.jostleSetDeadline(d, mode)`},
			{file: "internal/poll/fd_unix.go", in: "FD.Read", put: ` defer fd.jostleDid(); `},
			{file: "internal/poll/fd_unix.go", in: "FD.Write", put: ` defer fd.jostleDid(); `},
			{file: "internal/poll/fd_unix.go", in: "FD.Close", put: ` fd.jostleClosing(); `},
			{file: "internal/poll/fd_unix.go", in: "FD.Close", find: `runtime_Semacquire(&fd.csema)`, put: `fd.jostleAcquire(&fd.csema, 0)`},
			{file: "internal/poll/fd_unix.go", in: "FD.destroy", find: `runtime_Semrelease(&fd.csema)`, put: `fd.jostleRelease(&fd.csema); fd.jostleDid()`},
			{file: "internal/poll/fd_posix.go", in: "FD.RawControl", put: ` fd.JostleGiven(); `},
			{file: "internal/poll/fd_unix.go", in: "FD.RawRead", put: ` fd.JostleGiven(); `},
			{file: "internal/poll/fd_unix.go", in: "FD.RawWrite", put: ` fd.JostleGiven(); `},
			{file: "os/file_unix.go", in: "File.fd", find: `return uintptr(f.pfd.Sysfd)`, put: `f.pfd.JostleGiven(); return uintptr(f.pfd.Sysfd)`},
			{file: "os/pipe2_unix.go", in: "Pipe", find: `return newFile(p[0], "|0", kindPipe, false), newFile(p[1], "|1", kindPipe, false), nil`,
				put: `r, w = newFile(p[0], "|0", kindPipe, false), newFile(p[1], "|1", kindPipe, false); jostlePipe(r, w); return r, w, nil`},
			{file: "os/exec_posix.go", in: "startProcess", put: ` if err := jostleStarts(); err != nil { return nil, err }; `},
			{file: "os/pidfd_linux.go", in: "Process.pidfdWait", find: `defer p.handleTransientRelease()`, put: `defer p.handleTransientRelease(); jostleAwaitProcess(handle)`},
		},
		locks(),
	),
	files: []string{"internal/poll/jostle.go", "os/jostle_descriptors.go", "jostle/descriptor/descriptor.go", "jostle/descriptor/descriptor_linux.go", "jostle/descriptor/descriptor_other.go"},
}

// locks returns the edits of what operations on a descriptor wait for that come one after the other.
func locks() (edits []edit) {
	for _, e := range [...][3]string{
		{"fdMutex.rwlock", "runtime_Semacquire(mutexSema)", "mu.jostleAcquire(mutexSema, read)"},
		{"fdMutex.rwunlock", "runtime_Semrelease(mutexSema)", "mu.jostleRelease(mutexSema)"},
		{"fdMutex.increfAndClose", "runtime_Semrelease(&mu.rsema)", "mu.jostleRelease(&mu.rsema)"},
		{"fdMutex.increfAndClose", "runtime_Semrelease(&mu.wsema)", "mu.jostleRelease(&mu.wsema)"},
	} {
		edits = append(edits, edit{file: "internal/poll/fd_mutex.go", in: e[0], find: e[1], put: e[2]})
	}
	return edits
}
