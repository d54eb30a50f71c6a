package pipeline

import (
	"bytes"
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The second of two encoders has inserted a later morsel than the one that the first has lost to the end of the context.
// What was written must not have a gap.
func TestSinkWritesNothingAfterLostMorsel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := cancellable(t)
		var out bytes.Buffer
		lin := NewLinearizer[chunk](2, 1)
		sink := &orderedSink{out: &out, schema: Schema{{"n", Int64}}, meter: new(meter), lin: lin}

		// The lane is full, so that inserting the lost morsel can only end with the context.
		require.NoError(t, lin.Lane(0).Insert(ctx, 0, chunk{text: []byte("0\n"), rows: 1}))
		require.NoError(t, lin.Lane(1).Insert(ctx, 2, chunk{text: []byte("2\n"), rows: 1}))
		lin.Lane(1).Close()
		first := newPhase(1, Right)
		feeder := start(func() error {
			return feed(ctx, func(context.Context) (Morsel, error) { return Morsel{Batch: Batch{Ints(1)}, Seq: 1}, nil }, first)
		})
		encode := start(func() error { return sink.encodePhases(ctx, first, lin.Lane(0)) })
		encode.blocked(t)
		cancel()
		encode.returns(t, errTest)
		feeder.returns(t, errTest)

		// The writer's own context goes on for a while, as if it had not heard of the end yet.
		late, end := cancellable(t)
		write := start(func() error { return sink.write(late) })
		write.blocked(t)
		assert.Equal(t, "n\n0\n", out.String())
		end()
		write.returns(t, errTest)
	})
}

func TestEncodeCSV(t *testing.T) {
	text, err := encodeCSV(Batch{Ints(1, -2), Strings("a,b", `say "x"`)})
	require.NoError(t, err)
	assert.Equal(t, "1,\"a,b\"\n-2,\"say \"\"x\"\"\"\n", string(text))
}
