package pipeline

import (
	"bytes"
	"io"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/semaphore"
)

var rowGroupsFormat, recordsFormat = fileFormats[0], fileFormats[1]

// countingFile is a scan of a file of n chunks of one row, numbered from 0.
func countingFile(t testing.TB, format fileFormat, n int) *chunkScan {
	numbers := make([]int64, n)
	for i := range numbers {
		numbers[i] = int64(i)
	}
	table, err := NewTable(Schema{{"n", Int64}}, Ints(numbers...))
	require.NoError(t, err)
	return format.file(t, table.schema, table.in(1)...).(*chunkScan)
}

// A task that waits for memory for its next chunk has given back what it had for the last one, and the read that it took
// to find the next. Each broken twin keeps one of them.
func TestReaderWaitsWithNothingInHand(t *testing.T) {
	tests := []struct {
		name   string
		format fileFormat
		r      readers
		free   bool
	}{
		{"row groups", rowGroupsFormat, readers{}, true},
		{"records", recordsFormat, readers{}, true},
		{"row groups, permits kept", rowGroupsFormat, readers{prefetch: Broken}, false},
		{"records, permits kept", recordsFormat, readers{prefetch: Broken}, false},
		{"row groups, no read to keep", rowGroupsFormat, readers{records: Broken}, true},
		{"records, read kept", recordsFormat, readers{records: Broken}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &tt.r
				r.bytes, r.reads = NewBudget(2, 1), semaphore.NewWeighted(3)
				out := NewQueue[Batch](1, Right)
				task := start(func() error { return r.readAhead(t.Context(), countingFile(t, tt.format, 3), out) })
				task.blocked(t) // in pushing its second chunk

				rest := r.bytes.size - r.bytes.used
				require.NoError(t, r.bytes.Acquire(t.Context(), rest))
				popped := func() int64 {
					b, err := out.Pop(t.Context())
					require.NoError(t, err)
					return b[0].ints[0]
				}
				assert.EqualValues(t, 0, popped())
				task.blocked(t) // in asking for memory
				free := r.reads.TryAcquire(3)
				assert.Equal(t, tt.free, free)
				if free {
					r.reads.Release(3)
				}

				r.bytes.Release(rest)
				assert.EqualValues(t, 1, popped())
				assert.EqualValues(t, 2, popped())
				task.returns(t, nil)
				assert.Zero(t, r.bytes.used)
				assert.True(t, r.reads.TryAcquire(3), "all reads were given back")
				_, err := out.Pop(t.Context())
				assert.Equal(t, ErrClosed, err)
			})
		})
	}
}

// The memory shrinks while a task waits for it.
func TestReaderAsksForNoMoreThanTheFloor(t *testing.T) {
	for _, twin := range []Twin{Right, Broken} {
		t.Run(twin.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &readers{bytes: NewBudget(8, 1), reads: semaphore.NewWeighted(1), memory: twin}
				require.NoError(t, r.bytes.Acquire(t.Context(), 8))
				task := start(func() error {
					return r.readAhead(t.Context(), countingFile(t, rowGroupsFormat, 1), NewQueue[Batch](1, Right))
				})
				task.blocked(t)
				r.bytes.Resize(1)
				r.bytes.Release(8)
				if twin == Broken {
					task.blocked(t)
					r.bytes.Resize(8)
				}
				task.returns(t, nil)
			})
		})
	}
}

// Wherever a task waits, the end of its context ends it, and it gives back what it has.
func TestReaderEndsWithContext(t *testing.T) {
	for _, r := range []readers{{}, {prefetch: Broken}, {records: Broken}} {
		for _, format := range fileFormats {
			for _, lack := range []string{"memory", "reads", "room", "workers"} {
				synctest.Test(t, func(t *testing.T) {
					r := r
					r.bytes, r.reads = NewBudget(100, 100), semaphore.NewWeighted(2)
					switch lack {
					case "memory":
						require.NoError(t, r.bytes.Acquire(t.Context(), 100))
						defer r.bytes.Release(100)
					case "reads":
						require.True(t, r.reads.TryAcquire(2))
						defer r.reads.Release(2)
					case "workers":
						r.pool = newPool(1, Right)
					}
					before := r.bytes.used
					ctx, cancel := cancellable(t)
					task := start(func() error { return r.readAhead(ctx, countingFile(t, format, 3), NewQueue[Batch](1, Right)) })
					task.blocked(t)
					cancel()
					task.returns(t, errTest)
					assert.Equal(t, before, r.bytes.used)
					assert.Equal(t, lack != "reads", r.reads.TryAcquire(2))
				})
			}
		}
	}
}

// A bubble ends only when all goroutines in it have: none of those that read ahead is left.
func TestQueryStopsReadingAheadAtItsLimit(t *testing.T) {
	for _, format := range fileFormats {
		for _, decoders := range []int{0, 2} {
			synctest.Test(t, func(t *testing.T) {
				from, err := Union(countingFile(t, format, 100), countingFile(t, format, 100))
				require.NoError(t, err)
				var out bytes.Buffer
				progress, err := Query{From: from, Limit: 3, Options: Options{LaneCapacity: 1, Decoders: decoders}}.Run(t.Context(), &out)
				require.NoError(t, err)
				assert.Equal(t, "n\n0\n1\n2\n", out.String())
				assert.Less(t, progress.RowsScanned, 20)
			})
		}
	}
}

// gatedFile is a file of which only the first bytes can be read before the gate opens.
type gatedFile struct {
	io.ReaderAt
	free int64
	gate chan struct{}
}

func (f gatedFile) ReadAt(p []byte, offset int64) (int, error) {
	if offset >= f.free {
		<-f.gate
	}
	return f.ReaderAt.ReadAt(p, offset)
}

func TestQueryEndsWithContextWhileFilesAreRead(t *testing.T) {
	for _, shape := range []string{"plain", "limited", "grouped"} {
		t.Run(shape, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				slow, fast := countingFile(t, recordsFormat, 10), countingFile(t, rowGroupsFormat, 10)
				gate := make(chan struct{})
				slow.chunks.(*records).file = gatedFile{slow.file, 50, gate}
				from, err := Union(slow, fast)
				require.NoError(t, err)
				ctx, cancel := cancellable(t)
				query := start(func() error {
					_, err := shapes(from, Options{LaneCapacity: 1, Decoders: 1})[shape].Run(ctx, io.Discard)
					return err
				})
				query.blocked(t)
				cancel()
				query.blocked(t)
				close(gate)
				query.returns(t, errTest)
			})
		})
	}
}

// The rows behind a chunk that cannot be read are not written, although the next file was read ahead.
func TestQueryReportsFileError(t *testing.T) {
	for _, shape := range []string{"plain", "limited", "grouped"} {
		for _, decoders := range []int{0, 2} {
			bad := countingFile(t, rowGroupsFormat, 5)
			at := bad.chunks.(*rowGroups).extents[3].offset
			bad.file = failingFile{bad.file, at}
			from, err := Union(bad, countingFile(t, recordsFormat, 5))
			require.NoError(t, err)
			var out bytes.Buffer
			_, err = shapes(from, Options{Decoders: decoders})[shape].Run(t.Context(), &out)
			require.ErrorIs(t, err, errTest)
			require.ErrorContains(t, err, "pipeline: chunk 3 at byte ")
			assert.Contains(t, "n\n0\n1\n2\n", out.String())
		}
	}
}

// failingFile cannot be read from one offset on.
type failingFile struct {
	io.ReaderAt
	from int64
}

func (f failingFile) ReadAt(p []byte, offset int64) (int, error) {
	if offset >= f.from {
		return 0, errTest
	}
	return f.ReaderAt.ReadAt(p, offset)
}
