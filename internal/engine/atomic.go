package engine

import "sync/atomic"

// The types of sync/atomic under other names, because in a build with the race detector this package is compiled without
// it (see race.go): a call of a function of sync/atomic is an instruction then, of which the detector hears nothing, while
// the methods of its types are compiled for the detector and would order the tasks. For pointers see race.go.

type flag struct{ v uint32 }

func (f *flag) Load() bool { return atomic.LoadUint32(&f.v) != 0 }

func (f *flag) Store(v bool) { atomic.StoreUint32(&f.v, bit(v)) }

func (f *flag) Swap(v bool) bool { return atomic.SwapUint32(&f.v, bit(v)) != 0 }

func bit(v bool) uint32 {
	if v {
		return 1
	}
	return 0
}

type number struct {
	_ [0]atomic.Int64 // aligned as it must be on 32 bits
	v int64
}

func (n *number) Load() int64 { return atomic.LoadInt64(&n.v) }

func (n *number) Store(v int64) { atomic.StoreInt64(&n.v, v) }

func (n *number) Add(d int64) int64 { return atomic.AddInt64(&n.v, d) }

func (n *number) CompareAndSwap(was, v int64) bool { return atomic.CompareAndSwapInt64(&n.v, was, v) }
