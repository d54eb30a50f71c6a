package verdict

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestOrdinary(t *testing.T) {
	for _, ordinary := range []Verdict{
		{Kind: Assertion}, {Kind: Panic, Value: "boom"}, {Kind: Panic, Value: "assignment to entry in nil map"},
	} {
		assert.True(t, ordinary.Ordinary(), "%v", ordinary)
	}
	for _, not := range []Verdict{
		{Kind: Deadlock}, {Kind: Leak}, {Kind: Race}, {Kind: Livelock}, {Kind: Pass},
		{Kind: Panic, Value: "send on closed channel"}, {Kind: Panic, Value: "sync: negative WaitGroup counter"},
	} {
		assert.False(t, not.Ordinary(), "%v", not)
	}
}
