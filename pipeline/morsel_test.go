package pipeline

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSourceToken(t *testing.T) {
	token := NewSourceToken()
	assert.False(t, token.Stopped())
	token.Stop()
	token.Stop()
	assert.True(t, token.Stopped())

	var nobody *SourceToken
	nobody.Stop()
	assert.False(t, nobody.Stopped())
}

func TestMorselReleasedOnce(t *testing.T) {
	var g WaitGroup
	other := g.Token()
	m := Morsel{consume: g.Token()}
	m.Release()
	m.Release()
	assert.Equal(t, 1, g.held, "the second release must not take another's token")
	other.Release()
	Morsel{}.Release() // without a token there is nothing to give back
	assert.Zero(t, g.held)
}
