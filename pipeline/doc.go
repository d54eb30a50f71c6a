// Package pipeline is a small streaming query engine, driven by morsels: it reads a table from memory or from CSV,
// filters it, groups it or cuts it off, and writes the result as CSV, with several tasks working at a time and the rows
// in a defined order all the same. [Query.Run] is the way in.
//
// # How a query runs
//
// A plain query has four kinds of tasks, each a goroutine. The feeder scans the source and deals its morsels out in
// phases; the encoders take morsels, filter them and encode them; the writer puts in order what they made.
//
//	scan ─ feeder ──phase──▶ filter ─ encoder ──lane──▶ linearizer ─ writer
//	                    └──▶ filter ─ encoder ──lane──▶
//
// A limit puts two tasks before the feeder, because it has to see the filtered rows in order, and asks the source to
// stop once it has seen enough:
//
//	scan ──connector──▶ filter ─ head ──queue──▶ feeder ─ ...
//
// Grouping is a pipeline of its own, which runs to its end before its result is scanned by the one that writes:
//
//	scan ──connector──▶ filter ─ exchange ──distributor lane──▶ group ─┐
//	                                    └──distributor lane──▶ group ─┴▶ merge
//
// A file of chunks, be it of row groups or of records, is read ahead by a task of its own, all files of a union at the
// same time. These tasks share a budget of bytes and one of reads, and, if the query has decoders, the pool that decodes
// what they have read:
//
//	read ──queue──▶ ┐
//	read ──queue──▶ ┴ scan ─ ...
//	  └─ pool
//
// The tasks of a pipeline are one errgroup. The first error cancels its context, and every wait ends when that does.
//
// # Words
//
//   - A [Morsel] is a batch of rows with a sequence number and a consume token. Whoever has it must release it or pass it
//     on. A source that has sent a phase's worth of morsels waits until all of them are released.
//   - A [SourceToken] asks a source to stop. A [WaitToken] keeps a [WaitGroup] waiting.
//   - A phase is a bounded number of morsels shared by several tasks. It ends when they are all released.
//   - A [Connector] leads from one task to one other, a [Queue] too, but can be closed with values in it. A [Distributor]
//     leads from one to many, a [Linearizer] from many to one, in order.
//   - A [Budget] bounds the bytes that are in use, and can be resized meanwhile. A permit is leave to have a chunk's bytes
//     and to read them: the bytes are taken first, everywhere.
//   - A [Parker] is what a task sleeps on.
//   - A [Twin] chooses between right and broken code.
//
// # Nine bugs
//
// Nine fields of [Options] put a bug into a query. Each is a mistake that has been made in real engines and survives
// code review and tests, because ordinary scheduling hardly ever makes it show. A query with such a bug gives the right
// result or none at all: it hangs.
//
// Ordered sink ([Options.SinkTwin]; see orderedSink.encodeMorsel). An encoder leaves the release of its morsel to a defer
// and so still holds it while it inserts what it made. When one encoder gets nearly all morsels of a phase, its lane
// fills up and it blocks in [LinearizerLane.Insert]: the writer does not empty that lane, because the linearizer waits
// for a head from the other encoder's; the other encoder waits for the next phase; the feeder waits for this phase's last
// morsel to be released before it begins another; and that is the morsel held in Insert. Whether ordinary scheduling does
// this depends on the sizes more than one would think: with 8 morsels, PhaseMorsels 4, LaneCapacity 1 and two processors,
// it is one run in some hundreds, but there are numbers of morsels for which the Go scheduler nearly always lets one encoder
// have a whole phase. Right: release, then insert.
//
// Head ([Options.HeadTwin]; see [Queue.Pop]). The feeder finds the queue empty. Then head pushes its last morsel and
// closes the queue. The feeder, going on, finds the queue closed and takes that for the end. Head waits for its morsel to
// be released for ever, and its rows are missing. Possible whenever there are at least as many rows as Limit asks for.
// Right: whoever sees closed looks into the queue once more.
//
// Hand-made parker ([Options.ParkerTwin]; see [NewParker]). A grouping task finds its lane empty and has said that it is
// going to sleep, but does not sleep yet. The exchange puts a morsel into the lane, or closes it, and sends a wake-up
// without blocking on an unbuffered channel: nobody receives there yet, so it is dropped. The task then sleeps. Unless
// another morsel comes by its lane, it never wakes: the scan waits for the morsel in the lane to be released, or, if it
// was the close that got lost, the query waits for the task. Right: a channel of capacity 1, and always notify.
//
// Prefetch ([Options.PrefetchTwin]; see readers.readAhead). A task that reads ahead keeps its permit until it has the one
// for the next chunk. When each of two scans has one of two permits, neither gets a second. Right: release, then ask.
//
// Records ([Options.RecordsTwin]; see readers.find). How large a record is, says its header, and to read that takes a read.
// The task keeps it while it waits for the bytes; a task that reads row groups, whose sizes it knows, has the bytes and
// waits for the read. Right: the header's read is one by itself; then bytes before reads, as everywhere.
//
// Memory ([Options.MemoryTwin]; see readers.clamp). A chunk larger than the whole budget has to make do with what there is,
// and the task asks how much that is. Then somebody shrinks the budget, and the request cannot be granted any more, nor
// can those behind it. Right: no request exceeds the floor, which never changes.
//
// Pool ([Options.PoolTwin]; see pool.fork). A worker splits a chunk into its columns and waits until others have decoded
// them. They stand in the queue behind the next chunk; when all workers have a chunk to split, nobody comes to a column.
// Right: what nobody has begun with, the worker decodes itself.
//
// Group cache ([Options.GroupCacheTwin]; see groupCache.find). A lane looks up several texts under a read lock, with a
// method that takes the read lock for itself. Another lane comes to add a text in between: it waits for the first lock, and
// the second waits behind it. Right: lock once, and pass the locked view down.
//
// Feeder ([Options.FeedTwin]; see phase.handOut). The feeder looks whether the query has been cancelled and then sends. When
// the output fails at that moment, the encoders end, and nobody receives. Right: the send itself ends with the context.
//
// An [Options.OnProgress] gives a query a ticker, which goes on when all else is stuck, so that the Go runtime does not
// report a deadlock. A hanging query still ends when its context does.
package pipeline
