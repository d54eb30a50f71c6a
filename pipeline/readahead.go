package pipeline

import (
	"context"
	"errors"
	"io"
	"slices"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"
)

// An input delivers batches to a scanner.
type input interface {
	// next returns a batch of between 1 and limit rows, or [ErrClosed] after the last.
	next(ctx context.Context, limit int) (Batch, error)
}

// sourceInput is a source as it is.
type sourceInput struct{ source Source }

func (i sourceInput) next(_ context.Context, limit int) (Batch, error) {
	batch, err := i.source.Next(limit)
	if errors.Is(err, io.EOF) {
		return nil, ErrClosed
	}
	return batch, err
}

// chunkInput is what a task that reads ahead delivers, cut to size.
type chunkInput struct {
	chunks *Queue[Batch]
	rest   Batch
}

func (i *chunkInput) next(ctx context.Context, limit int) (batch Batch, err error) {
	for i.rest.Rows() == 0 {
		if i.rest, err = i.chunks.Pop(ctx); err != nil {
			return nil, err
		}
	}
	batch, i.rest = i.rest.cut(limit)
	return batch, nil
}

// unionInput is several inputs, one after the other.
type unionInput struct{ inputs []input }

func (u *unionInput) next(ctx context.Context, limit int) (Batch, error) {
	for len(u.inputs) > 0 {
		batch, err := u.inputs[0].next(ctx, limit)
		if !errors.Is(err, ErrClosed) {
			return batch, err
		}
		u.inputs = u.inputs[1:]
	}
	return nil, ErrClosed
}

// readsAhead reports whether a source is a file of chunks, or a union with one in it.
func readsAhead(s Source) bool {
	switch s := s.(type) {
	case *chunkScan:
		return true
	case *union:
		return slices.ContainsFunc(s.sources, readsAhead)
	}
	return false
}

// errScanned is why tasks that read ahead are stopped when nobody wants to have more.
var errScanned = errors.New("pipeline: scan has ended")

// startReaders starts the tasks that read the source's files of chunks ahead, in a group, and returns what they deliver.
// They end with ctx; if its cause is errScanned, without an error.
func startReaders(ctx context.Context, tasks *errgroup.Group, s Source, o Options) input {
	r := &readers{
		bytes: o.Memory, reads: semaphore.NewWeighted(int64(o.Prefetch)), morselRows: o.MorselRows,
		prefetch: o.PrefetchTwin, records: o.RecordsTwin, memory: o.MemoryTwin,
	}
	if o.Decoders > 0 {
		r.pool = newPool(o.Decoders, o.PoolTwin)
	}
	for range o.Decoders {
		tasks.Go(func() error {
			r.pool.serve(ctx)
			return nil
		})
	}
	return r.open(ctx, tasks, s, o.LaneCapacity)
}

// readers is what the tasks of a query that read chunks ahead share: a budget of bytes, a budget of reads, and the pool
// that decodes what they have read.
//
// Two rules keep them from waiting for each other. Bytes are taken before the read, everywhere. And who waits for either
// holds nothing but, at most, the bytes of the same permit: what a reader has is given back before it asks for more, or
// passes on what it has made.
type readers struct {
	bytes *Budget
	reads *semaphore.Weighted
	pool  *pool // nil: who reads a chunk decodes it

	morselRows                int
	prefetch, records, memory Twin
}

// open starts a task for each file of the source and returns what they deliver. Up to depth chunks of each file wait for
// whoever wants them.
func (r *readers) open(ctx context.Context, tasks *errgroup.Group, s Source, depth int) input {
	switch s := s.(type) {
	case *chunkScan:
		chunks := NewQueue[Batch](depth, Right)
		tasks.Go(func() error {
			if err := r.readAhead(ctx, s, chunks); !errors.Is(err, errScanned) {
				return err
			}
			return nil
		})
		return &chunkInput{chunks: chunks}
	case *union:
		u := &unionInput{}
		for _, part := range s.sources {
			u.inputs = append(u.inputs, r.open(ctx, tasks, part, depth))
		}
		return u
	default:
		return sourceInput{s}
	}
}

// A permit is leave to have one chunk's bytes in memory and to read them. It is for one goroutine.
type permit struct {
	readers *readers
	bytes   int64
}

// release gives the permit back. Only the first call counts. Releasing a nil permit does nothing.
func (p *permit) release() {
	if p == nil || p.readers == nil {
		return
	}
	p.readers.reads.Release(1)
	p.readers.bytes.Release(p.bytes)
	p.readers = nil
}

// readAhead is the task that reads a file's chunks and pushes them to out, as fast as the budgets and out's capacity
// allow.
//
// It gives back the permit for a chunk as soon as that is decoded. The broken twin keeps it until it has the permit for
// the next one, so as not to queue again for memory that it has anyway; when every permit there is, is kept by a task
// that waits for another, none of them gets one.
//
// It closes out only behind the last chunk. Were it closed after an error, a union would go on to the next file, and rows
// would be written although others before them are missing.
func (r *readers) readAhead(ctx context.Context, s *chunkScan, out *Queue[Batch]) error {
	var held *permit
	defer func() { held.release() }()
	for {
		next, at, err := r.admit(ctx, s)
		held.release()
		if errors.Is(err, io.EOF) {
			out.Close()
			return nil
		}
		if err != nil {
			return err
		}
		held = next
		batch, err := r.load(ctx, s, at)
		if err != nil {
			return err
		}
		if r.prefetch == Right {
			held.release()
		}
		if err := out.Push(ctx, batch); err != nil {
			return err
		}
	}
}

// admit finds the next chunk of a file and gets a permit for it. It returns [io.EOF] after the last.
func (r *readers) admit(ctx context.Context, s *chunkScan) (*permit, extent, error) {
	at, reading, err := r.find(ctx, s)
	if err != nil {
		return nil, extent{}, err
	}
	bytes := r.clamp(at.length)
	if err := r.bytes.Acquire(ctx, bytes); err != nil {
		if reading {
			r.reads.Release(1)
		}
		return nil, extent{}, err
	}
	if !reading {
		if err := r.acquireRead(ctx); err != nil {
			r.bytes.Release(bytes)
			return nil, extent{}, err
		}
	}
	return &permit{readers: r, bytes: bytes}, at, nil
}

// find finds the next chunk of a file. Where that takes a read, it is a read of its own: its slot is given back before
// bytes are asked for, because others have bytes and wait for a slot.
//
// The broken twin keeps the slot, since the task is going to read on anyway, and reports that it has.
func (r *readers) find(ctx context.Context, s *chunkScan) (at extent, reading bool, err error) {
	if !s.chunks.readsFile() {
		at, err = s.chunks.next()
		return at, false, err
	}
	if err := r.acquireRead(ctx); err != nil {
		return extent{}, false, err
	}
	at, err = s.chunks.next()
	if err == nil && r.records == Broken {
		return at, true, nil
	}
	r.reads.Release(1)
	return at, false, err
}

// clamp returns how many bytes to ask for when so many are needed. A chunk may be larger than all the memory there is to
// be; then it gets what there is.
//
// That is the floor of the budget. The broken twin takes its size at the moment: when the budget shrinks before the bytes
// are granted, they never are, and nobody behind gets any.
func (r *readers) clamp(bytes int64) int64 {
	if r.memory == Broken {
		return min(bytes, r.bytes.Size())
	}
	return min(bytes, r.bytes.Floor())
}

func (r *readers) acquireRead(ctx context.Context) error {
	if err := r.reads.Acquire(ctx, 1); err != nil {
		return context.Cause(ctx)
	}
	return nil
}

// load reads a chunk and decodes it, or has it decoded if there is a pool.
func (r *readers) load(ctx context.Context, s *chunkScan, at extent) (Batch, error) {
	columns, err := s.read(at)
	if err != nil {
		return nil, err
	}
	if r.pool == nil {
		return decodeColumns(at, columns)
	}
	// A worker may still be at it when run returns an error: nobody else looks at these then.
	var batch Batch
	var decodeErr error
	if err := r.pool.run(ctx, func() { batch, decodeErr = r.decode(ctx, at, columns) }); err != nil {
		return nil, err
	}
	return batch, decodeErr
}

// decode runs on a worker of the pool. It decodes the columns side by side if there are more rows than a morsel has.
func (r *readers) decode(ctx context.Context, at extent, columns []encodedColumn) (Batch, error) {
	if columns[0].rows <= r.morselRows {
		return decodeColumns(at, columns)
	}
	batch, errs := make(Batch, len(columns)), make([]error, len(columns))
	if err := r.pool.fork(ctx, len(columns), func(i int) { batch[i], errs[i] = columns[i].decode() }); err != nil {
		return nil, err
	}
	for _, err := range errs {
		if err != nil {
			return nil, chunkError(at, err)
		}
	}
	return batch, nil
}
