package search_test

import (
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/predict"
	"github.com/jostle-dev/jostle/internal/search"
	"github.com/jostle-dev/jostle/internal/strategy"
)

// A searched test is what the processes of one shard would have been told to do: which schedules were run without a
// prediction, by their numbers, and which tries of which predictions.
type searched struct {
	numbers []int
	tries   map[string][]int
	called  map[int]int // how often an execution was called by a number
}

func prediction(text string) predict.Prediction {
	key := binary.BigEndian.Uint64(append(make([]byte, 8), text...)[len(text):])
	return predict.Prediction{Text: text, Pauses: []strategy.Pause{{At: key}}}
}

// searches runs a search of the given number of schedules with the given number of processes at a time: always the process
// that began last ends first. The plain run predicts what plain says, and the execution that has the schedule of number n
// what late[n] says. Between any two things that happen the search is kept and read again, if kept says so.
func searches(t *testing.T, o search.Options, processes int, plain []string, late map[int]string, kept bool) searched {
	t.Helper()
	s := search.New(o)
	out := searched{tries: map[string][]int{}, called: map[int]int{}}
	var running []*search.Part
	again := func() {
		if !kept {
			return
		}
		content, err := json.Marshal(s)
		require.NoError(t, err)
		s = new(search.Search)
		require.NoError(t, json.Unmarshal(content, s))
		for i, p := range running { // they are what was dealt
			for _, q := range s.Unsettled() {
				if q.Row == p.Row && q.First == p.First {
					running[i] = q
				}
			}
		}
	}
	ended := map[[2]int]bool{} // parts, by row and first
	for {
		for len(running) < processes && (s.Begun() || len(running) == 0) {
			p := s.Deal(func(left int) int { return max(left/processes, 1) })
			if p == nil {
				break
			}
			running = append(running, p)
			again()
		}
		if len(running) == 0 {
			require.True(t, s.Over())
			return out
		}
		last := running[len(running)-1]
		running = running[:len(running)-1]
		ended[[2]int{last.Row, last.First}] = true
		for p := s.Head(); p != nil && ended[[2]int{p.Row, p.First}]; p = s.Head() {
			n, more := p.Next(p.First)
			for ; more; n, more = p.Next(n + 1) {
				if n == 0 {
					for _, text := range plain {
						s.Predict(prediction(text), 0)
					}
					n = 1
					break
				}
				out.called[s.Number(p, n)]++
				if i := p.Into(n); i >= 0 {
					require.Same(t, s.Predictions[s.Tries.Steered[i]], s.Into(p, n))
					text := p.Steer[i].Text
					out.tries[text] = append(out.tries[text], (n-1)/len(p.Steer))
					continue
				}
				out.numbers = append(out.numbers, n)
				if text := late[n]; text != "" {
					s.Predict(prediction(text), n)
					n++
					break
				}
			}
			s.Settle(p, n)
			again()
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
		whole := searches(t, search.Options{Schedules: 300}, 1, plain, nil, false)
		require.Len(t, whole.numbers, 299-predict.Tries*len(plain))
		var numbers []int
		tries := map[string][]int{}
		for i := 1; i <= parts; i++ {
			s := searches(t, search.Options{Schedules: 300, Shard: search.Shard{I: i, N: parts}}, 1, plain, late, false)
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
	s := searches(t, search.Options{Schedules: 300}, 1, []string{"a"}, map[int]string{40: "late"}, false)
	require.Len(t, s.numbers, 299-2*predict.Tries)
	require.Len(t, s.tries["a"], predict.Tries)
	require.Len(t, s.tries["late"], predict.Tries)
}

// However many processes run one test, its executions are the same, and are called the same. So they are where the search was kept as JSON
// meanwhile.
func TestProcessesDoWhatOneDoes(t *testing.T) {
	late := map[int]string{40: "late", 41: "later", 160: "last"}
	for _, shard := range []search.Shard{{}, {I: 2, N: 3}} {
		o := search.Options{Schedules: 300, Shard: shard}
		whole := searches(t, o, 1, []string{"a", "b"}, late, false)
		for _, processes := range []int{1, 2, 3, 16} {
			for _, kept := range []bool{false, true} {
				s := searches(t, o, processes, []string{"a", "b"}, late, kept)
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
}

// What runs all executions in one process has those that several have, also if the search is kept before each.
func TestOneProcessDoesWhatSeveralDo(t *testing.T) {
	late := map[int]string{40: "late", 41: "later", 160: "last"}
	whole := searches(t, search.Options{Schedules: 300}, 1, []string{"a", "b"}, late, false)
	s, one := search.New(search.Options{Schedules: 300}), searched{tries: map[string][]int{}}
	for {
		content, err := json.Marshal(s)
		require.NoError(t, err)
		s = new(search.Search)
		require.NoError(t, json.Unmarshal(content, s))
		x, more := s.Next()
		if !more {
			break
		}
		var predicts []predict.Prediction
		switch i := x.Part.Into(x.N); {
		case i >= 0:
			text := x.Part.Steer[i].Text
			one.tries[text] = append(one.tries[text], x.Try())
		case x.N == 0:
			predicts = []predict.Prediction{prediction("a"), prediction("b")}
		default:
			one.numbers = append(one.numbers, x.N)
			if text := late[x.N]; text != "" {
				predicts = append(predicts, prediction(text))
			}
		}
		s.Observe(predicts)
	}
	assert.Equal(t, whole.numbers, one.numbers)
	assert.Equal(t, whole.tries, one.tries)
}

// A process that ends before its turn leaves a gap, which is dealt before anything else.
func TestGaps(t *testing.T) {
	s := search.New(search.Options{Schedules: 100})
	s.Restart()
	deal := func(most int) (part *search.Part, left int) {
		part = s.Deal(func(n int) int { left = n; return most })
		return part, left
	}
	a, _ := deal(20)
	b, _ := deal(20)
	require.Equal(t, []int{1, 21, 21, 41}, []int{a.First, a.Last, b.First, b.Last})
	s.Settle(b, 30) // before its turn
	assert.Equal(t, 1, s.Walks.Next)
	assert.Same(t, a, s.Head())
	s.Settle(a, 5)
	assert.Equal(t, 5, s.Walks.Next)
	assert.Nil(t, s.Head())
	gap, left := deal(search.Endless)
	assert.Equal(t, []int{5, 21}, []int{gap.First, gap.Last})
	assert.Equal(t, 86, left, "95 that are not settled, but for the nine that ran ahead")
	s.Settle(gap, 21)
	assert.Equal(t, 30, s.Walks.Next, "behind what was settled before")
	assert.False(t, s.Over())
	rest, left := deal(search.Endless)
	assert.Equal(t, 70, left)
	s.Settle(rest, 100)
	assert.True(t, s.Over())
}

// A part of a row that was begun again says nothing of the new one.
func TestSettleAfterRestart(t *testing.T) {
	s := search.New(search.Options{Schedules: 100})
	part := s.Deal(func(int) int { return search.Endless })
	assert.Equal(t, []*search.Part{part}, s.Drop())
	s.Begin()
	s.Settle(part, 50)
	assert.False(t, s.Begun())
}

// Each execution is a function of what a Part says, also in another process.
func TestPartTravels(t *testing.T) {
	part := search.Part{Options: search.Options{Seed: 7, Cancel: true, Faults: true}, Measures: search.Measures{Asked: 9, Cancels: 3, Breaks: 2, Profile: new(strategy.Profile)}, First: 1, Last: 40}
	content, err := json.Marshal(part)
	require.NoError(t, err)
	var there search.Part
	require.NoError(t, json.Unmarshal(content, &there))
	for n := range 40 {
		assert.Equal(t, part.Execution(n).String(), there.Execution(n).String())
	}
	require.Error(t, json.Unmarshal([]byte(`{"Profile":"AQ=="}`), &there), "half a profile")
}
