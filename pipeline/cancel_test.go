package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// endless is a source without an end. It calls a function before each batch.
type endless struct {
	before func(batch int)
	batch  int
}

func (e *endless) Schema() Schema { return Schema{{"n", Int64}} }

func (e *endless) Next(limit int) (Batch, error) {
	e.before(e.batch)
	e.batch++
	numbers := make([]int64, limit)
	for i := range numbers {
		numbers[i] = int64(e.batch*limit + i)
	}
	return Batch{Ints(numbers...)}, nil
}

// failing is a writer that fails at its nth call.
type failing struct{ calls, at int }

func (f *failing) Write(p []byte) (int, error) {
	f.calls++
	if f.calls == f.at {
		return 0, errTest
	}
	return len(p), nil
}

// shapes are queries that between them use every task. All have a filter, and no limit that is ever reached.
func shapes(from Source, o Options) map[string]Query {
	where := Compare("n", GreaterOrEqual, int64(0))
	return map[string]Query{
		"plain":   {From: from, Where: where, Options: o},
		"limited": {From: from, Where: where, Limit: 1 << 60, Options: o},
		"grouped": {From: from, Where: where, GroupBy: &GroupBy{Key: "n"}, Options: o},
	}
}

// A bubble ends only when all goroutines in it have, so that the tests below fail if a query leaves one behind; and they
// fail if all goroutines block.

func TestQueryEndsWithContext(t *testing.T) {
	for _, shape := range []string{"plain", "limited", "grouped"} {
		for _, o := range []Options{{}, {MorselRows: 1, PhaseMorsels: 2, LaneCapacity: 1}} {
			for _, at := range []int{0, 1, 2, 3, 10, 57} {
				t.Run(fmt.Sprintf("%s/rows=%d/batch=%d", shape, o.MorselRows, at), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						ctx, cancel := cancellable(t)
						source := &endless{before: func(batch int) {
							if batch == at {
								cancel()
							}
						}}
						_, err := shapes(source, o)[shape].Run(ctx, io.Discard)
						assert.Equal(t, errTest, err)
					})
				})
			}
		}
	}
}

// A query blocked in its source is held up wherever it is; when the source lets go, it must notice the context.
func TestQueryEndsWithContextWhileSourceBlocks(t *testing.T) {
	for _, shape := range []string{"plain", "limited", "grouped"} {
		t.Run(shape, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := cancellable(t)
				release := make(chan struct{})
				source := &endless{before: func(batch int) {
					if batch == 3 {
						<-release
					}
				}}
				query := start(func() error {
					_, err := shapes(source, Options{MorselRows: 2})[shape].Run(ctx, io.Discard)
					return err
				})
				query.blocked(t)
				cancel()
				query.blocked(t)
				close(release)
				query.returns(t, errTest)
			})
		})
	}
}

func TestQueryWithEndedContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	source := &endless{before: func(int) { assert.Fail(t, "the source was read") }}
	_, err := Query{From: source}.Run(ctx, io.Discard)
	assert.Equal(t, context.Canceled, err)
}

func TestQueryDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		source := &endless{before: func(int) { time.Sleep(time.Second) }}
		_, err := Query{From: source, GroupBy: &GroupBy{Key: "n"}}.Run(ctx, io.Discard)
		assert.Equal(t, context.DeadlineExceeded, err)
	})
}

func TestQueryReportsWriteError(t *testing.T) {
	for _, shape := range []string{"plain", "limited"} {
		for _, at := range []int{1, 2, 9} {
			t.Run(fmt.Sprintf("%s/%d", shape, at), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					source := &endless{before: func(int) {}}
					_, err := shapes(source, Options{MorselRows: 2, LaneCapacity: 1})[shape].Run(t.Context(), &failing{at: at})
					assert.ErrorIs(t, err, errTest)
				})
			})
		}
	}
}

func TestQueryReportsCSVError(t *testing.T) {
	const good = "n\n1\n2\n3\n4\n"
	for _, shape := range []string{"plain", "limited", "grouped"} {
		t.Run(shape, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source, err := ScanCSV(strings.NewReader(good+"five\n6\n"), Schema{{"n", Int64}})
				require.NoError(t, err)
				var out bytes.Buffer
				progress, err := shapes(source, Options{MorselRows: 3})[shape].Run(t.Context(), &out)
				require.EqualError(t, err, `pipeline: csv line 6, column "n": strconv.ParseInt: parsing "five": invalid syntax`)
				assert.Equal(t, 4, progress.RowsScanned, "the rows before the bad one")
				assert.True(t, strings.HasPrefix(good, out.String()), "what was written is a beginning: %q", out.String())
			})
		})
	}
}

func TestQueryProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []Progress
		source := &endless{before: func(batch int) {
			time.Sleep(time.Second)
			if batch == 0 {
				time.Sleep(500 * time.Millisecond) // so that batches and reports do not coincide
			}
		}}
		q := Query{From: source, Limit: 35, Options: Options{
			MorselRows:       10,
			Encoders:         1, // with more, rows wait in one's lane for another's head
			OnProgress:       func(p Progress) { seen = append(seen, p) },
			ProgressInterval: time.Second,
		}}
		last, err := q.Run(t.Context(), io.Discard)
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(seen), 4)
		assert.Equal(t, []Progress{{}, {10, 10, 0}, {20, 20, 0}, {30, 30, 0}}, seen[:4])
		assert.Equal(t, 35, last.RowsWritten)
	})
}

func TestBrokenSinkStillEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := cancellable(t)
		// Wherever this stops, be it that the encoders hang or that they get as far as the source lets them, the context
		// must end it.
		query := start(func() error {
			source := &endless{before: func(batch int) {
				if batch == 100 {
					<-ctx.Done()
				}
			}}
			q := Query{From: source, Options: Options{MorselRows: 1, PhaseMorsels: 20, LaneCapacity: 1, SinkTwin: Broken}}
			_, err := q.Run(ctx, io.Discard)
			return err
		})
		query.blocked(t)
		cancel()
		query.returns(t, errTest)
	})
}

func TestSourceErrorIsNotHiddenByItsEffects(t *testing.T) {
	broken := errors.New("broken disk")
	for _, shape := range []string{"plain", "limited", "grouped"} {
		t.Run(shape, func(t *testing.T) {
			source := &breaking{err: broken}
			_, err := shapes(source, Options{})[shape].Run(t.Context(), io.Discard)
			assert.Equal(t, broken, err)
		})
	}
}

// breaking is a source that delivers a row and then an error.
type breaking struct {
	endless
	err  error
	read bool
}

func (b *breaking) Next(int) (Batch, error) {
	if b.read {
		return nil, b.err
	}
	b.read = true
	return Batch{Ints(1)}, nil
}
