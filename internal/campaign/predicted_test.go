package campaign

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/predict"
	"github.com/jostle-dev/jostle/internal/session"
)

// A searched test is what the processes of one shard would have been told to do: which schedules were run without a
// prediction, by their numbers, and which tries of which predictions.
type searched struct {
	numbers []int
	tries   map[string][]int
}

// search goes through a search of so many schedules as its processes would. The plain run predicts what plain says,
// and the execution that has the schedule of number n what late[n] says.
func search(s session.Shard, schedules int, plain []string, late map[int]string) searched {
	c := &campaign{Config: Config{Schedules: schedules, Shard: s}}
	t := c.newTest(&pkg{}, "TestX")
	out := searched{tries: map[string][]int{}}
	predicts := func(n int, text string) {
		t.predict(session.Event{N: n, Prediction: &predict.Prediction{Text: text}})
	}
	for _, text := range plain {
		predicts(0, text)
	}
	t.next = 1
	for !t.finished {
		t.choose()
		p := t.plan(0)
		t.steer(p)
		if p.First >= p.Last {
			t.next = p.Last
			t.finished = t.next >= t.last
			continue
		}
		n := p.First
		for ; n < p.Last; n = s.Next(n + 1) {
			if len(p.Steer) > 0 {
				i := (n - p.Steered) / max(p.Stride, 1)
				text := p.Steer[i%len(p.Steer)].Text
				out.tries[text] = append(out.tries[text], i/len(p.Steer))
				continue
			}
			number := n - p.Displaced
			out.numbers = append(out.numbers, number)
			if text := late[number]; text != "" {
				predicts(n, text)
				n++
				break
			}
		}
		t.next = min(n, p.Last)
		t.finished = t.next >= t.last
	}
	return out
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
		whole := search(session.Shard{}, 300, plain, nil)
		require.Len(t, whole.numbers, 299-triesEach*len(plain))
		var numbers []int
		tries := map[string][]int{}
		for i := 1; i <= parts; i++ {
			s := search(session.Shard{I: i, N: parts}, 300, plain, late)
			numbers = append(numbers, s.numbers...)
			for text, all := range s.tries {
				tries[text] = append(tries[text], all...)
			}
		}
		require.Equal(t, counted(whole.numbers), counted(numbers), "in %d shards", parts)
		for _, text := range append(plain, "late", "later") {
			want := map[int]int{}
			for i := range triesEach {
				want[i] = 1
			}
			require.Equal(t, want, counted(tries[text]), "%s in %d shards", text, parts)
		}
	}
}

func TestOneRunPaysForItsPredictions(t *testing.T) {
	s := search(session.Shard{}, 300, []string{"a"}, map[int]string{40: "late"})
	require.Len(t, s.numbers, 299-2*triesEach)
	require.Len(t, s.tries["a"], triesEach)
	require.Len(t, s.tries["late"], triesEach)
}
