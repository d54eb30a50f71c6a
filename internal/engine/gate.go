package engine

// A gate is where a task waits for the token.
type gate struct {
	token chan struct{} // of capacity 1; nil where package runtime has gates
	word  uintptr       // package runtime's
}

// What package runtime does where it was changed so that it has gates: a goroutine that gives the token to another and waits for it itself,
// as most do, then has the other run in its own place, and Go's scheduler has nothing to do. The race detector would see that. They
// are set before main.
var (
	openGate  func(g *uintptr)
	awaitGate func(g *uintptr)
	passGate  func(to, own *uintptr) // openGate and awaitGate
)

func newGate() gate {
	if Race || awaitGate == nil {
		return gate{token: make(chan struct{}, 1)}
	}
	return gate{}
}

// open has the task whose gate it is run on.
func (g *gate) open() {
	if g.token == nil {
		openGate(&g.word)
		return
	}
	hide()
	g.token <- struct{}{}
	unhide()
}

// await waits until the gate is opened.
func (g *gate) await() {
	if g.token == nil {
		awaitGate(&g.word)
		return
	}
	hide()
	<-g.token
	unhide()
}

// pass opens another gate and waits at this one.
func (g *gate) pass(to *gate) {
	if g.token == nil {
		passGate(&to.word, &g.word)
		return
	}
	to.open()
	g.await()
}
