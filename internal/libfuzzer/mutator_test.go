package libfuzzer

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

// What the target proposes comes first and once. After that every other input is an execution that a number stands for, with what was in
// the input before.
func TestMutator(t *testing.T) {
	proposed := 0
	m := mutator{
		propose: func() [][]byte {
			proposed++
			return [][]byte{[]byte("one"), nil, []byte("too long for it"), []byte("two")}
		},
		spell: func(data []byte, number uint32) []byte { return fmt.Appendf(nil, "%s%d", data, number) },
	}
	var got []string
	for number := range uint32(6) {
		got = append(got, string(m.instead([]byte("in"), 8, number)))
	}
	assert.Equal(t, []string{"one", "two", "in2", "", "in4", ""}, got)
	assert.Equal(t, 1, proposed)

	assert.Nil(t, m.instead([]byte("in"), 2, 7), "there is no room for it")
	assert.Nil(t, m.instead([]byte("in"), 8, 8), "it was the turn of the fuzzer all the same")
	m.spell = func([]byte, uint32) []byte { return nil }
	assert.Nil(t, m.instead([]byte("in"), 8, 9), "its plain run has found something, say")
}

// Inputs are short first, and longer the longer the fuzzer has tried.
func TestGrowth(t *testing.T) {
	g := growth{length: 4}
	assert.Equal(t, 4, g.next())
	for range 100 * callsEach {
		g.next()
	}
	assert.Greater(t, g.next(), 40)
}
