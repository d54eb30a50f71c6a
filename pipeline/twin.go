package pipeline

import "fmt"

// A Twin selects one of two versions of the same code: the right one, or one with a concurrency bug that was made in
// earnest somewhere. Both are always compiled; the package documentation tells the story of each.
type Twin uint8

const (
	// Right is the correct version, and the zero value.
	Right Twin = iota
	// Broken is the version with the bug.
	Broken
)

// String returns the twin's name.
func (t Twin) String() string {
	switch t {
	case Right:
		return "right"
	case Broken:
		return "broken"
	default:
		return fmt.Sprintf("Twin(%d)", uint8(t))
	}
}
