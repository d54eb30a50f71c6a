package pipeline

import (
	"fmt"
	"time"
)

// Options say how a query is run. None of them changes the result. Zero values stand for the defaults.
type Options struct {
	// MorselRows is the most rows that are handled as one. The default is 1024.
	MorselRows int
	// PhaseMorsels is the number of morsels under way in one phase. The default is 8.
	PhaseMorsels int
	// Lanes is the number of tasks that group rows. The default is 4.
	Lanes int
	// Encoders is the number of tasks that encode rows of the result. The default is 2.
	Encoders int
	// LaneCapacity is the number of morsels that wait for such a task or for what it has made, and of chunks that wait after
	// they were read. The default is 4.
	LaneCapacity int

	// Prefetch is the most chunks of files that are read and decoded at a time. The default is 4.
	Prefetch int
	// Decoders is the number of tasks that do nothing but decode chunks, the columns of a large one side by side. With 0, the
	// default, the task that reads a chunk decodes it.
	Decoders int
	// Memory bounds the bytes of the chunks that are read and decoded at a time. Several queries may share it, and it may
	// be resized while they run. Nil stands for 64 MiB for this query alone.
	Memory *Budget

	// OnProgress, if not nil, is called with the query's progress at every ProgressInterval while the query runs, from a
	// goroutine that does nothing else. Run waits for a call under way before it returns.
	OnProgress func(Progress)
	// ProgressInterval is the time between two calls of OnProgress. The default is one second.
	ProgressInterval time.Duration

	// SinkTwin selects the version of the ordered sink.
	SinkTwin Twin
	// HeadTwin selects the version of the queue behind a limit.
	HeadTwin Twin
	// ParkerTwin selects the version of the parker on which the grouping tasks sleep.
	ParkerTwin Twin
	// PrefetchTwin selects the version of how tasks that read ahead keep permits.
	PrefetchTwin Twin
	// RecordsTwin selects the version of how they take budgets for files of records.
	RecordsTwin Twin
	// MemoryTwin selects the version of how they ask for bytes of Memory.
	MemoryTwin Twin
	// PoolTwin selects the version of the pool that decodes chunks.
	PoolTwin Twin
	// GroupCacheTwin selects the version of the cache of the keys that are text.
	GroupCacheTwin Twin
	// FeedTwin selects the version of how morsels are handed out to the encoders.
	FeedTwin Twin
}

// standardMemory is how many bytes of chunks a query has in memory if it is not told.
const standardMemory = 64 << 20

// withDefaults returns o with its zero values replaced, or an error if a value is out of range.
func (o Options) withDefaults() (Options, error) {
	for _, size := range []struct {
		name     string
		value    *int
		standard int
	}{
		{"MorselRows", &o.MorselRows, 1024},
		{"PhaseMorsels", &o.PhaseMorsels, 8},
		{"Lanes", &o.Lanes, 4},
		{"Encoders", &o.Encoders, 2},
		{"LaneCapacity", &o.LaneCapacity, 4},
		{"Prefetch", &o.Prefetch, 4},
		{"Decoders", &o.Decoders, 0},
	} {
		if *size.value < 0 {
			return o, fmt.Errorf("pipeline: option %s is %d, want at least 1, or 0 for the default", size.name, *size.value)
		}
		if *size.value == 0 {
			*size.value = size.standard
		}
	}
	if o.ProgressInterval < 0 {
		return o, fmt.Errorf("pipeline: option ProgressInterval is %s, want a positive duration, or 0 for the default", o.ProgressInterval)
	}
	if o.ProgressInterval == 0 {
		o.ProgressInterval = time.Second
	}
	if o.Memory == nil {
		o.Memory = NewBudget(standardMemory, standardMemory)
	}
	for _, twin := range []Twin{
		o.SinkTwin, o.HeadTwin, o.ParkerTwin, o.PrefetchTwin, o.RecordsTwin, o.MemoryTwin, o.PoolTwin, o.GroupCacheTwin, o.FeedTwin,
	} {
		if twin > Broken {
			return o, fmt.Errorf("pipeline: unknown twin %s", twin)
		}
	}
	return o, nil
}
