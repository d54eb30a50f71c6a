package schedule_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/schedule"
)

func answers(data []byte, n, count int) []int {
	r := schedule.NewReader(data)
	out := make([]int, count)
	for i := range out {
		out[i] = r.Choose(n)
	}
	return out
}

func TestReader(t *testing.T) {
	for _, tc := range []struct {
		name string
		data []byte
		n    int
		want []int
	}{
		{"empty is plain", nil, 4, []int{0, 0, 0, 0}},
		{"zero is plain, one question each", []byte{0, 0, 2}, 4, []int{0, 0, 2, 0}},
		{"answers in turn", []byte{1, 2, 3}, 4, []int{1, 2, 3, 0}},
		{"more answers than alternatives wrap, and stay departures", []byte{4, 5, 14}, 4, []int{1, 2, 2, 0}},
		{"two alternatives have one departure", []byte{1, 2, 3}, 2, []int{1, 1, 1, 0}},
		{"a gap comes first", []byte{0x51, 0x62}, 4, []int{0, 0, 1, 0, 0, 0, 2, 0}},
		{"a gap without an answer passes one more", []byte{0x50, 0x01}, 4, []int{0, 0, 0, 1, 0}},
		{"a wide answer", []byte{0x0f, 0x02, 0x01, 0x01}, 1000, []int{15 + 2 + 256, 1, 0}},
		{"a wide answer cut off", []byte{0x0f}, 1000, []int{15, 0}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			assert.Equal(t, tc.want, answers(tc.data, tc.n, len(tc.want)))
		})
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte{}, uint16(2))
	f.Add(bytes.Repeat([]byte{0xff}, 64), uint16(3))
	f.Add([]byte{0x51, 0x0f, 0xff, 0xff, 0x10}, uint16(500))
	f.Fuzz(func(t *testing.T, data []byte, alternatives uint16) {
		n := max(int(alternatives), 2)
		const count = 1000
		got := answers(data, n, count)
		for _, c := range got {
			require.True(t, 0 <= c && c < n, "answer %d of %d", c, n)
		}
		require.Equal(t, got, answers(schedule.Encode(got), n, count), "encoded %x as %x", data, schedule.Encode(got))
	})
}
