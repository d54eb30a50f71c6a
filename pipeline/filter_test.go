package pipeline

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFilter(t *testing.T) {
	schema := Schema{{"n", Int64}, {"s", String}}
	batch := Batch{Ints(1, 2, 3, 4), Strings("d", "c", "b", "a")}
	tests := []struct {
		name string
		pred Predicate
		want []int64
	}{
		{"nil", nil, []int64{1, 2, 3, 4}},
		{"equal", Compare("n", Equal, int64(2)), []int64{2}},
		{"not equal", Compare("n", NotEqual, int64(2)), []int64{1, 3, 4}},
		{"less", Compare("n", Less, int64(2)), []int64{1}},
		{"less or equal", Compare("n", LessOrEqual, int64(2)), []int64{1, 2}},
		{"greater", Compare("n", Greater, int64(2)), []int64{3, 4}},
		{"greater or equal", Compare("n", GreaterOrEqual, int64(2)), []int64{2, 3, 4}},
		{"text", Compare("s", Less, "c"), []int64{3, 4}},
		{"and", And(Compare("n", Greater, int64(1)), Compare("s", Greater, "a")), []int64{2, 3}},
		{"and of none", And(), []int64{1, 2, 3, 4}},
		{"or", Or(Compare("n", Equal, int64(1)), Compare("s", Equal, "a")), []int64{1, 4}},
		{"or of none", Or(), nil},
		{"not", Not(Compare("n", Equal, int64(3))), []int64{1, 2, 4}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := newFilter(tt.pred, schema)
			require.NoError(t, err)
			got := f.apply(batch)
			require.Equal(t, len(tt.want), got.Rows())
			for row, n := range tt.want {
				assert.Equal(t, n, got[0].ints[row])
				assert.Equal(t, string(rune('e'-n)), got[1].strings[row], "columns stay aligned")
			}
		})
	}
}
