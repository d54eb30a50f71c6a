package trace

// A Kind is what a synchronisation object is to Go.
type Kind uint8

const (
	Mutex Kind = iota + 1
	RWMutex
	Chan
	WaitGroup
	Once
	Cond
	Pool
	Resource // of hand-made code, that goroutines hold some of
	Socket   // a listener, one direction of a connection, or what a packet socket has received; a pipe; another descriptor
)

var kindNames = [...]string{"object", "mutex", "rwmutex", "channel", "wait group", "once", "cond", "pool", "resource", "socket"}

func (k Kind) String() string { return kindNames[k] }
