package pipeline_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/pipeline"
)

// FuzzNativeOrderedSink is native fuzzing of a query of the size that package fuzz searches the schedules of, without
// any instrumentation: the yardstick of make bench. Here the bytes are the rows.
func FuzzNativeOrderedSink(f *testing.F) {
	f.Add([]byte("twelve bytes"))
	f.Fuzz(func(t *testing.T, data []byte) {
		column := make([]int64, 12)
		for i := range column {
			if i < len(data) {
				column[i] = int64(data[i])
			}
		}
		table, err := pipeline.NewTable(pipeline.Schema{{Name: "n", Type: pipeline.Int64}}, pipeline.Ints(column...))
		require.NoError(t, err)
		var out bytes.Buffer
		q := pipeline.Query{
			From:    table.Scan(),
			Options: pipeline.Options{MorselRows: 1, PhaseMorsels: 6, OnProgress: func(pipeline.Progress) {}},
		}
		_, err = q.Run(t.Context(), &out)
		require.NoError(t, err)
		require.Equal(t, len(column)+1, bytes.Count(out.Bytes(), []byte("\n")))
	})
}
