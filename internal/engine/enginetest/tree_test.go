package enginetest

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// paths visits the tree in which every path has the questions ns, and returns the answers of each path.
func paths(departures int, ns ...int) [][]int {
	var all [][]int
	tree := &Tree{Departures: departures}
	for {
		var path []int
		for _, n := range ns {
			path = append(path, tree.choose(n))
		}
		all = append(all, path)
		if !tree.Advance() {
			return all
		}
	}
}

func TestTreeVisitsEveryPathOnce(t *testing.T) {
	tests := []struct {
		name       string
		departures int
		ns         []int
		want       [][]int
	}{
		{"no question", All, nil, [][]int{nil}},
		{"plain run only", 0, []int{3, 3}, [][]int{{0, 0}}},
		{"all", All, []int{2, 3}, [][]int{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}}},
		{"one departure", 1, []int{2, 3, 2}, [][]int{{0, 0, 0}, {0, 0, 1}, {0, 1, 0}, {0, 2, 0}, {1, 0, 0}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { assert.Equal(t, tt.want, paths(tt.departures, tt.ns...)) })
	}
}

func TestTreeFollowsAnswers(t *testing.T) {
	// The second question is only asked after one of the answers to the first.
	var all [][]int
	tree := &Tree{Departures: All}
	for {
		path := []int{tree.choose(3)}
		if path[0] == 1 {
			path = append(path, tree.choose(2))
		}
		all = append(all, path)
		if !tree.Advance() {
			break
		}
	}
	assert.Equal(t, [][]int{{0}, {1, 0}, {1, 1}, {2}}, all)
}

func TestTreeRewinds(t *testing.T) {
	tree := &Tree{Departures: All}
	tree.choose(2)
	tree.choose(2)
	tree.Advance()
	first := []int{tree.choose(2), tree.choose(2)}
	tree.Rewind()
	assert.Equal(t, first, []int{tree.choose(2), tree.choose(2)})
}

func TestTreeNoticesChance(t *testing.T) {
	tree := &Tree{Departures: All}
	tree.choose(2)
	tree.choose(2)
	tree.Rewind()
	assert.Panics(t, func() { tree.choose(3) }, "another question")

	tree = &Tree{Departures: All}
	tree.choose(2)
	tree.choose(2)
	tree.Rewind()
	tree.choose(2)
	assert.Panics(t, func() { tree.Advance() }, "fewer questions")
}
