package waitgraph

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// read reads a graph: a line for each goroutine, the body's first, with its needs, which are alternatives. A need is a word, "lock",
// "context", "library", "read" with the two directions of a connection, or any other, and the goroutines that could see to it, each with its evidence; one that has ended has a dagger.
//
//	1 lock: 2 holds
//	2 send: 1 could, 3† used | context: 1 made
//	3 (idle, missed) library: 2 used
func read(t *testing.T, text string) *Graph {
	t.Helper()
	g := &Graph{}
	for line := range strings.Lines(text) {
		var out Goroutine
		rest := strings.TrimSpace(line)
		if rest == "" {
			continue
		}
		_, err := fmt.Sscan(rest, &out.ID)
		require.NoError(t, err, line)
		_, rest, _ = strings.Cut(rest, " ")
		if flags, needs, ok := strings.Cut(rest, ")"); ok {
			out.Idle, out.Missed, rest = strings.Contains(flags, "idle"), strings.Contains(flags, "missed"), needs
		}
		for _, need := range strings.Split(rest, "|") {
			what, ends, _ := strings.Cut(strings.TrimSpace(need), ":")
			n := Need{Context: what == "context", Library: what == "library", Comes: what == "receive"}
			if _, err := fmt.Sscanf(what, "read %d %d", &n.From, &n.Back); err == nil {
				n.Comes = true
			}
			out.Lock = out.Lock || what == "lock"
			for _, end := range strings.Split(ends, ",") {
				if f := strings.Fields(end); len(f) == 2 {
					n.Ends = append(n.Ends, readEnd(t, f[0], f[1]))
				}
			}
			g.Over = g.Over || what == "over"
			if what != "nothing" && what != "over" {
				out.Needs = append(out.Needs, n)
			}
		}
		g.Stuck = append(g.Stuck, out)
		if g.Body == 0 {
			g.Body = out.ID
		}
	}
	return g
}

func readEnd(t *testing.T, by, evidence string) (e End) {
	t.Helper()
	by, e.Ended = strings.CutSuffix(by, "†")
	_, err := fmt.Sscan(by, &e.By)
	require.NoError(t, err)
	i := slices.Index(Evidences(), evidence)
	require.GreaterOrEqual(t, i, 0, evidence)
	e.Evidence = Evidence(i)
	return e
}

func (e Explanation) String() string {
	what := "way"
	switch {
	case e.Path == nil:
		return "nothing"
	case e.Certain:
		what = "certain circle"
	case e.Circle:
		what = "circle"
	case e.Missed:
		what = "missed"
	case e.Idle:
		what = "idle"
	}
	return what + strings.Trim(strings.ReplaceAll(fmt.Sprint(" ", e.Path), "[", ""), "]")
}

func TestExplain(t *testing.T) {
	for _, c := range []struct{ name, graph, want string }{
		{"two locks in two orders", `
			1 wait: 2 owes
			2 lock: 3 holds
			3 lock: 2 holds`, "certain circle 2 3"},
		{"a reader behind a writer behind that reader", `
			1 lock: 2 queued
			2 lock: 1 holds`, "certain circle 1 2"},
		{"itself", `1 lock: 1 holds`, "certain circle 1"},
		{"the lock is held by who waits for what this one does", `
			1 lock: 2 holds
			2 receive: 1 used`, "circle 1 2"},
		{"a circle of locks comes before a shorter one of channels", `
			1 receive: 1 used
			2 lock: 3 holds
			3 lock: 4 holds
			4 lock: 2 holds`, "certain circle 2 3 4"},
		{"the body waits for one whose partner has ended", `
			1 wait: 2 owes
			2 receive: 3† used`, "way 1 2"},
		{"a worker that the body does not wait for explains less than a circle with a lock", `
			1 lock: 3 holds
			2 receive: 5† could
			3 send: 4 could
			4 lock: 3 holds`, "circle 3 4"},
		{"but it explains more than one that only may be", `
			1 lock: 3 holds
			2 receive: 5† could
			3 send: 4 might
			4 lock: 3 holds`, "way 2"},
		{"one that has passed what it would do is no way on", `
			1 wait: 2 could
			2 receive: 1 passed`, "way 1 2"},
		{"a wake-up that was missed comes before who could still do it", `
			1 wait: 2 could
			2 (missed) cond: 1 could`, "missed 1 2"},
		{"but not before who did it before and will again", `
			1 wait: 2 owes
			2 (missed) cond: 1 used`, "circle 1 2"},
		{"who has ended and could have comes before a circle of who could", `
			1 receive: 2 could
			2 receive: 1 could
			3 receive: 4† could`, "way 3"},
		{"nobody seen comes after it", `
			1 receive: 2 could
			2 receive: 1 could
			3 receive:`, "circle 1 2"},
		{"nobody seen comes before a circle of who might", `
			1 receive: 2 might
			2 receive: 1 might
			3 receive:`, "way 3"},
		{"a circle of who might", `
			1 receive: 2 might
			2 receive: 1 might`, "circle 1 2"},
		{"where it is owed no other counts", `
			1 wait: 2 owes, 3 used
			2 receive: 4† used
			3 receive: 1 used`, "way 1 2"},
		{"where one is able none that may counts", `
			1 receive: 2 could, 3 might
			2 receive: 4† used
			3 receive: 1 could`, "way 1 2"},
		{"who could while it lived rules out who may", `
			1 receive: 2† could, 3 might
			3 receive: 1 could`, "way 1"},
		{"one alternative is enough for a circle", `
			1 receive: 3† used | send: 2 used
			2 receive: 1 used`, "circle 1 2"},
		{"a cancel is no way out beside something else", `
			1 receive: 3† used | context: 2 made
			2 receive: 1 used`, "way 1"},
		{"but it is if there is nothing else", `
			1 context: 2 made
			2 receive: 1 used`, "circle 1 2"},
		{"no goroutine cancels what it waits for itself", `1 context: 1 made`, "way 1"},
		{"what is only named is no edge", `
			1 receive: 2 given, 3 spent, 4† stranded
			2 receive: 1 used
			3 receive: 1 used`, "way 1"},
		{"a circle inside a library comes last", `
			1 library: 2 used
			2 (idle) library: 1 used
			3 receive: 4† could`, "way 3"},
		{"unless there is nothing else", `
			1 library: 2 used
			2 (idle) library: 1 used`, "circle 1 2"},
		{"one that goes through a lock of the code under test does not", `
			1 library: 2 used, 3 used
			2 (idle) library: 1 used
			3 (idle) library: 4 could
			4 lock: 1 holds`, "circle 1 3 4"},
		{"a server that waits for more is no explanation", `
			1 receive: 3† could
			2 (idle) library: 3† used`, "way 1"},
		{"who waits for a lock that is never unlocked leads to its holder", `
			1 nothing
			2 lock: 3 holds
			3 receive: 4† used`, "way 2 3"},
		{"two ends of a connection, when the body has returned", `
			1 over
			2 read 1 2: 3 used
			3 read 2 1: 2 could`, "idle 2"},
		{"and before", `
			1 nothing
			2 read 1 2: 3 used
			3 read 2 1: 2 could`, "circle 2 3"},
		{"with what passes on what has come", `
			1 over
			2 receive: 3 used
			3 read 1 2: 4 used
			4 read 2 1: 2 used`, "idle 3"},
		{"with one of them in a send", `
			1 over
			2 send: 3 used
			3 read 1 2: 4 used
			4 read 2 1: 2 used`, "circle 2 3 4"},
		{"only one of its directions is read from", `
			1 over
			2 receive: 3 used
			3 read 1 2: 2 used`, "circle 2 3"},
		{"pipes with one direction", `
			1 over
			2 read 1 0: 3 used
			3 read 2 0: 2 used`, "idle 2"},
		{"another circle comes before it, even if it is longer", `
			1 over
			2 read 1 2: 3 used
			3 read 2 1: 2 used
			4 send: 5 used
			5 send: 6 used
			6 send: 4 used`, "circle 4 5 6"},
		{"nobody", `1 nothing`, "way 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := read(t, c.graph).Explain()
			assert.Equal(t, c.want, e.String())
		})
	}
}

// Each kind of evidence counts as the table says, in a circle of two and nothing else.
func TestStrength(t *testing.T) {
	for e, name := range Evidences() {
		need := "receive"
		if Evidence(e) == Made {
			need = "context"
		}
		g := read(t, fmt.Sprintf("1 %s: 2 %s\n2 receive: 1 used", need, name))
		s := Evidence(e).Strength()
		for weakest := Certain; weakest < Told; weakest++ {
			want := s <= weakest && Likely <= weakest
			assert.Equal(t, want, g.Circle(weakest, true) != nil, "%s at %d", name, weakest)
		}
		assert.Equal(t, s == Certain, g.Needs(1, 2, Certain), name)
	}
}
