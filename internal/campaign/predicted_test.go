package campaign

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/predict"
	"github.com/jostle-dev/jostle/internal/session"
	"github.com/jostle-dev/jostle/internal/strategy"
)

// A searched test is what the processes of one shard would have been told to do: which schedules were run without a
// prediction, by their numbers, and which tries of which predictions.
type searched struct {
	numbers []int
	tries   map[string][]int
	called  map[int]int // how often an execution was called by a number
}

// searches runs a search of the given number of schedules with the given number of processes at a time: always the process
// that began last ends first. The plain run predicts what plain says, and the execution that has the schedule of number n
// what late[n] says.
func searches(s session.Shard, schedules, processes int, plain []string, late map[int]string) searched {
	c := &campaign{Config: Config{Schedules: schedules, Shard: s, Parallel: processes}, limit: make(chan struct{}, processes)}
	t := c.newTest(&pkg{}, "TestX")
	out := searched{tries: map[string][]int{}, called: map[int]int{}}
	predicts := func(n int, text string) {
		key := binary.BigEndian.Uint64(append(make([]byte, 8), text...)[len(text):])
		t.predict(session.Event{N: n, Prediction: &predict.Prediction{Text: text, Pauses: []strategy.Pause{{At: key}}}})
	}
	for _, text := range plain {
		predicts(0, text)
	}
	t.walks.next, t.pace = 1, pace{start: time.Millisecond, each: time.Millisecond}
	t.look()
	var running []*batch
	for {
		for len(running) < processes {
			b := t.deal(0)
			if b == nil {
				break
			}
			running = append(running, b)
			t.running++
		}
		if len(running) == 0 {
			return out
		}
		last := len(running) - 1
		running[last].ended, running = true, running[:last]
		t.running--
		for b := t.head(); b != nil && b.ended; b = t.head() {
			n := s.Next(b.first)
			if b.line.steered != nil {
				n = b.line.shard.Next(b.first)
			}
			for ; n < b.last; n = b.line.shard.Next(n + 1) {
				if b.line.steered != nil {
					text := b.into(n).Text
					out.tries[text] = append(out.tries[text], (n-1)/len(b.line.steered))
					out.called[t.number(b, n)]++
					continue
				}
				out.numbers = append(out.numbers, n)
				out.called[t.number(b, n)]++
				if text := late[n]; text != "" {
					predicts(n, text)
					n++
					break
				}
			}
			b.line.settle(b, n)
			t.look()
		}
	}
}

func counted(numbers []int) map[int]int {
	out := map[int]int{}
	for _, n := range numbers {
		out[n]++
	}
	return out
}

func TestShardsDoWhatOneRunDoes(t *testing.T) {
	plain := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i"} // more than are tried at a time
	late := map[int]string{130: "late", 133: "later"}
	for _, parts := range []int{2, 3, 4, 12, 50} {
		whole := searches(session.Shard{}, 300, 1, plain, nil)
		require.Len(t, whole.numbers, 299-predict.Tries*len(plain))
		var numbers []int
		tries := map[string][]int{}
		for i := 1; i <= parts; i++ {
			s := searches(session.Shard{I: i, N: parts}, 300, 1, plain, late)
			numbers = append(numbers, s.numbers...)
			for text, all := range s.tries {
				tries[text] = append(tries[text], all...)
			}
		}
		require.Equal(t, counted(whole.numbers), counted(numbers), "in %d shards", parts)
		for _, text := range append(plain, "late", "later") {
			want := map[int]int{}
			for i := range predict.Tries {
				want[i] = 1
			}
			require.Equal(t, want, counted(tries[text]), "%s in %d shards", text, parts)
		}
	}
}

func TestOneRunPaysForItsPredictions(t *testing.T) {
	s := searches(session.Shard{}, 300, 1, []string{"a"}, map[int]string{40: "late"})
	require.Len(t, s.numbers, 299-2*predict.Tries)
	require.Len(t, s.tries["a"], predict.Tries)
	require.Len(t, s.tries["late"], predict.Tries)
}

// However many processes run one test, its executions are the same, and are called the same.
func TestProcessesDoWhatOneDoes(t *testing.T) {
	late := map[int]string{40: "late", 41: "later", 160: "last"}
	for _, shard := range []session.Shard{{}, {I: 2, N: 3}} {
		whole := searches(shard, 300, 1, []string{"a", "b"}, late)
		for _, processes := range []int{2, 3, 16} {
			s := searches(shard, 300, processes, []string{"a", "b"}, late)
			require.Equal(t, whole.tries, s.tries, "%d processes", processes)
			// What was run ahead when the last prediction came is not lost.
			require.Subset(t, s.numbers, whole.numbers, "%d processes", processes)
			require.IsIncreasing(t, s.numbers, "they are settled in their order")
			for n, times := range whole.called {
				require.Equal(t, times, s.called[n], "execution %d of %d processes", n, processes)
			}
		}
	}
}
