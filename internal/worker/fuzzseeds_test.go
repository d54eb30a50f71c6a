package worker

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/corpus"
	"github.com/jostle-dev/jostle/internal/input"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
	"github.com/jostle-dev/jostle/perturb"
)

// lockOrder has two goroutines take two locks in different orders.
func lockOrder() {
	var a, b sync.Mutex
	var wg sync.WaitGroup
	both := func(first, second *sync.Mutex) {
		perturb.MutexLock(first, at(1, "first"))
		defer perturb.MutexUnlock(first, at(2, "first"))
		perturb.MutexLock(second, at(3, "second"))
		defer perturb.MutexUnlock(second, at(4, "second"))
	}
	perturb.WaitGroupGo(&wg, func() { both(&a, &b) }, at(5, "wg"))
	perturb.WaitGroupGo(&wg, func() { both(&b, &a) }, at(6, "wg"))
	perturb.WaitGroupWait(&wg, at(7, "wg"))
}

type order struct {
	Name  string
	Keys  []byte
	Tags  []string
	Stock map[string]int
	Both  bool
}

// An imagined target has the bytes of package input.
type imagined[In any] func(testing.TB, In)

func (b imagined[In]) Body(data []byte) (body func(testing.TB), schedule, taken []byte) {
	var in In
	schedule, taken = input.Split(data, &in)
	return func(t testing.TB) { b(t, in) }, schedule, taken
}

func (b imagined[In]) Join(schedule, taken []byte) []byte {
	return input.Join(schedule, taken, reflect.TypeFor[In]())
}

func (b imagined[In]) Literal([]byte) string    { return "" }
func (b imagined[In]) Entry() uintptr           { return 0 }
func (b imagined[In]) ShowOrders(*trace.Orders) {}

// steer returns what a target is to begin with, and what became of each.
func steer[In any](t *testing.T, body func(testing.TB, In), corpus ...string) (inputs [][]byte, kinds []verdict.Kind) {
	x := This.newTarget(t, imagined[In](body), Config{})
	inputs = x.steered(corpus)
	for _, data := range inputs {
		out, _ := x.input(data)
		kinds = append(kinds, out.Kind)
	}
	return inputs, kinds
}

// What was steered hangs as an input, whatever else is in it, and what hangs is the last.
func TestSteered(t *testing.T) {
	_, kinds := steer(t, func(testing.TB, struct{}) { lockOrder() })
	assert.Equal(t, []verdict.Kind{verdict.Deadlock}, kinds)
	_, kinds = steer(t, func(testing.TB, order) { lockOrder() })
	assert.Equal(t, []verdict.Kind{verdict.Deadlock}, kinds)
	_, kinds = steer(t, func(testing.TB, order) {})
	assert.Empty(t, kinds, "there is nothing to predict")
	_, kinds = steer(t, func(testing.TB, struct{}) {
		var wg sync.WaitGroup
		var gate, a, b sync.Mutex
		both := func(first, second *sync.Mutex) {
			perturb.MutexLock(first, at(1, "first"))
			perturb.MutexLock(second, at(2, "second"))
			perturb.MutexUnlock(second, at(3, "second"))
			perturb.MutexUnlock(first, at(4, "first"))
		}
		open := false
		perturb.WaitGroupGo(&wg, func() {
			both(&a, &b)
			perturb.MutexLock(&gate, at(5, "gate"))
			open = true
			perturb.MutexUnlock(&gate, at(6, "gate"))
		}, at(7, "wg"))
		perturb.WaitGroupGo(&wg, func() {
			perturb.MutexLock(&gate, at(8, "gate"))
			first := open
			perturb.MutexUnlock(&gate, at(9, "gate"))
			if first {
				both(&b, &a)
			}
		}, at(10, "wg"))
		perturb.WaitGroupWait(&wg, at(11, "wg"))
	})
	assert.NotContains(t, kinds, verdict.Deadlock, "what the prediction does not know of orders the two")

	// The order is seen only with an In that a seed has.
	body := func(_ testing.TB, in order) {
		if in.Both && len(in.Name) == 3 {
			lockOrder()
		}
	}
	_, kinds = steer(t, body)
	assert.Empty(t, kinds)
	seed := input.Join(nil, []byte{3, 'a', 'b', 'c', 0, 0, 0, 1}, reflect.TypeFor[order]())
	inputs, kinds := steer(t, body, string(seed))
	assert.Equal(t, []verdict.Kind{verdict.Deadlock}, kinds)
	var in order
	input.Split(inputs[0], &in)
	assert.Equal(t, order{Name: "abc", Both: true}, in)
}

// A corpus without end does not keep the fuzzer waiting.
func TestSteeredIsBounded(t *testing.T) {
	n := 0
	var seeds []string
	for i := range 1000 {
		seeds = append(seeds, string(input.Join([]byte{1, byte(i), byte(i >> 8)}, fmt.Append(nil, i%10), reflect.TypeFor[order]())))
	}
	steer(t, func(testing.TB, order) {
		n++
		c := make(chan int)
		perturb.Go(func() { perturb.To(c, at(1, "c")).Send(1) }, at(2, "func"))
		perturb.Recv(c, at(3, "c"))
	}, seeds...)
	assert.LessOrEqual(t, n, steeredRuns+1)
}

// The fuzzer reads what it is to begin with.
func TestKeepSeeds(t *testing.T) {
	dir := t.TempDir()
	inputs := [][]byte{{1, 2}, {3}}
	for range 2 {
		require.NoError(t, keepSeeds(dir, "FuzzX", inputs))
	}
	files, err := os.ReadDir(filepath.Join(dir, "FuzzX"))
	require.NoError(t, err)
	require.Len(t, files, 2)
	for _, data := range inputs {
		content, err := os.ReadFile(filepath.Join(dir, "FuzzX", corpus.FileName(data)))
		require.NoError(t, err)
		read, err := corpus.Decode(content)
		require.NoError(t, err)
		assert.Equal(t, data, read)
	}
	require.NoError(t, keepSeeds(dir, "FuzzNone", nil))
	assert.NoDirExists(t, filepath.Join(dir, "FuzzNone"))
}

// Check is steered into what the plain run predicts by its second schedule, whatever the seed.
func TestCheckSteers(t *testing.T) {
	defer func(seed uint64) { This.flags.seed = seed }(This.flags.seed)
	for This.flags.seed = range uint64(10) {
		r := checkWith(func(testing.TB) { lockOrder() }, Config{Schedules: 2})
		assert.Contains(t, r.text, "verdict=deadlock rule=2 schedule=1/1 ")
	}
}
