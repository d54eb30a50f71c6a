package session

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
)

// Orders are the different orders of operations that executions went through, as numbers, in a file: eight bytes each. It is for one
// goroutine at a time.
type Orders struct {
	name  string
	file  *os.File // opened when the first are written
	fresh []byte   // not yet written
	seen  map[uint64]bool
}

// NewOrders returns those that are to be in a file, which begins empty or is not there.
func NewOrders(name string) *Orders { return &Orders{name: name, seen: map[uint64]bool{}} }

// ordersTogether are the orders that are written at a time.
const ordersTogether = 512

// Saw notes an order.
func (o *Orders) Saw(order uint64) error {
	if o.seen[order] {
		return nil
	}
	o.seen[order] = true
	if o.fresh = binary.LittleEndian.AppendUint64(o.fresh, order); len(o.fresh) < 8*ordersTogether {
		return nil
	}
	return o.Flush()
}

// Seen returns how many there are.
func (o *Orders) Seen() int { return len(o.seen) }

// Flush writes those to the file that are not there.
func (o *Orders) Flush() (err error) {
	if len(o.fresh) == 0 {
		return nil
	}
	if o.file == nil {
		if o.file, err = os.OpenFile(o.name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644); err != nil {
			return err
		}
	}
	_, err = o.file.Write(o.fresh)
	o.fresh = o.fresh[:0]
	return err
}

func decodeOrders(content []byte) (all []uint64) {
	for ; len(content) >= 8; content = content[8:] {
		all = append(all, binary.LittleEndian.Uint64(content))
	}
	return all
}

// FuzzOrders is the environment variable that names the directory in which each process of a fuzzer has a file with the orders that it saw.
const FuzzOrders = "JOSTLE_FUZZ_ORDERS"

// MostFuzzOrders is how many orders a process of a fuzzer counts: it may run for days.
const MostFuzzOrders = 1 << 20

// OfFuzzer returns the orders of this process of a fuzzer, nil if they are not wanted.
func OfFuzzer() *Orders {
	dir := os.Getenv(FuzzOrders)
	if dir == "" {
		return nil
	}
	return NewOrders(filepath.Join(dir, fmt.Sprint(os.Getpid())))
}

// CountOrders returns how many different orders the files of a directory have.
func CountOrders(dir string) (int, error) {
	files, err := os.ReadDir(dir)
	seen := map[uint64]struct{}{}
	for _, f := range files {
		content, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			return 0, err
		}
		for _, order := range decodeOrders(content) {
			seen[order] = struct{}{}
		}
	}
	return len(seen), err
}
