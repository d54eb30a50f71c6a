package engine

import "unsafe"

// addresses are what conds keeps of each address that it was asked for. They are lists and no map: the runtime tells the race detector what
// is done to its maps, also by code that is compiled without it, and the lock around them is one that the detector does not see. Nor are
// they generic: the linker may take such code from a package that is compiled with the detector.
type addresses struct {
	lists [addressLists]*addressed
}

// addressLists is how many lists there are: finding an address goes through one.
const addressLists = 64

// An addressed is a sync.Cond, or the lock of one.
type addressed struct {
	address unsafe.Pointer
	taken   int      // of a lock: when, as conds.now has it; 0 if it was not
	cond    liveCond // of a cond
	next    *addressed
}

// at returns what is kept of an address.
func (a *addresses) at(p unsafe.Pointer) *addressed {
	list := &a.lists[uintptr(p)>>4%addressLists]
	for e := *list; e != nil; e = e.next {
		if e.address == p {
			return e
		}
	}
	e := &addressed{address: p, next: *list}
	*list = e
	return e
}
