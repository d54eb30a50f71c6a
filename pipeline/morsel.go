package pipeline

import "sync"

// A Morsel is a batch of rows on its way through the engine.
type Morsel struct {
	// Batch holds the rows. It is shared and must not be written to.
	Batch Batch
	// Seq is the place of the morsel in its pipe. It does not decrease from one morsel to the next.
	Seq uint64
	// Source asks the source that made the morsel to stop. Nil if nobody would listen.
	Source *SourceToken

	consume *WaitToken
}

// Release tells the source that the morsel has been consumed. Only the first call counts. Whoever has a morsel must
// release it or pass it on, and must release it before waiting for anything that needs the source to go on.
func (m Morsel) Release() { m.consume.Release() }

// A SourceToken is a flag by which anybody downstream asks a source to stop. The source looks at it between morsels.
// Use [NewSourceToken]. All methods are safe for concurrent use.
type SourceToken struct {
	once sync.Once
	stop chan struct{}
}

// NewSourceToken returns a token that has not been stopped.
func NewSourceToken() *SourceToken { return &SourceToken{stop: make(chan struct{})} }

// Stop asks the source to stop. It may be called more than once, and on nil.
func (t *SourceToken) Stop() {
	if t != nil {
		t.once.Do(func() { close(t.stop) })
	}
}

// Stopped reports whether the source was asked to stop. On nil it reports false.
func (t *SourceToken) Stopped() bool {
	if t == nil {
		return false
	}
	select {
	case <-t.stop:
		return true
	default:
		return false
	}
}
