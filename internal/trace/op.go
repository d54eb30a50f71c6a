package trace

// An Op is the kind of operation done at a sync point.
type Op uint8

// The operations. A Site says where one stands, an object what it is done on.
const (
	OpNone Op = iota
	OpGo
	OpExit
	OpLock
	OpTryLock
	OpUnlock
	OpRLock
	OpTryRLock
	OpRUnlock
	OpSend
	OpRecv
	OpClose
	OpSelect
	OpAdd
	OpDone
	OpWait
	OpOnce
	OpCondWait
	OpSignal
	OpBroadcast
	OpSleep
	OpTimer
	OpYield
	OpCancel
	OpContext
	OpAtomic
	OpGet
	OpPut
	OpAcquire
	OpRelease
	OpListen
	OpDial
	OpAccept
	OpRead
	OpWrite
	OpDeadline
	OpDescriptor
	OpPipe
	OpCut
	OpRefuse
	OpStall
	OpLoad  // plain
	OpStore // plain
)

var opNames = [...]string{
	OpNone: "start", OpGo: "go", OpExit: "exit", OpLock: "lock", OpTryLock: "try lock", OpUnlock: "unlock", OpRLock: "read lock",
	OpTryRLock: "try read lock", OpRUnlock: "read unlock", OpSend: "send", OpRecv: "receive", OpClose: "close",
	OpSelect: "select", OpAdd: "add", OpDone: "done", OpWait: "wait", OpOnce: "do", OpCondWait: "cond wait",
	OpSignal: "signal", OpBroadcast: "broadcast", OpSleep: "sleep", OpTimer: "timer", OpYield: "yield",
	OpCancel: "cancel", OpContext: "context", OpAtomic: "atomic", OpGet: "get", OpPut: "put",
	OpAcquire: "acquire", OpRelease: "release", OpListen: "listen", OpDial: "dial", OpAccept: "accept",
	OpRead: "read", OpWrite: "write", OpDeadline: "set deadline", OpDescriptor: "descriptor", OpPipe: "make pipe",
	OpCut: "cut", OpRefuse: "refuse", OpStall: "stall", OpLoad: "load", OpStore: "store",
}

func (o Op) String() string { return opNames[o] }
