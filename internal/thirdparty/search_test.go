package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestRead: what jostle test -v prints is read by its sections.
func TestRead(t *testing.T) {
	s := &search{output: `--- FAIL: TestA (0.10s)
    found by execution 1, plain run, after 1ms, reproduced 3 of 3 times, kept in testdata/jostle/TestA-1.jostle
    deadlock: 2 goroutines wait for each other in a circle (rule 2)
    TestA: 12 schedules, 3 different orders, controlled
    TestB: 300 schedules, 3 different orders, controlled
    TestF: 1 schedule, the only one, controlled
    a_test.Test: 7 schedules, 7 different orders, controlled
    TestE: 20 runs, 25/s, live (g3 TestE.func2 is busy)
    TestG: 3 schedules, then 20 runs, live (it uses signals)
    TestH: run once, without control: it is a fuzz target
    TestI: it skips itself
FAIL
FAIL	example.com/a	0.100s

Found:
    example.com/a TestA: deadlock: 2 goroutines wait for each other in a circle (rule 2)
        a/testdata/jostle/TestA-1.jostle
        the same in TestJ: a/testdata/jostle/TestJ-1.jostle
    example.com/a a.Test: assertion: the test fails under this schedule
Failed without control:
    example.com/a TestC: c_test.go:3: no
Not run:
    example.com/a TestD: the time was over
Run live, where a run that passes proves little:
    example.com/a TestE: it is busy.
Notes:
    example.com/a TestB: lock order: a and b
    example.com/a TestB: execution 3: deadlock not reproduced in a fresh process; not reported
1 finding in 4 tests, 312 schedules, 1s
`}
	s.read()
	assert.Equal(t, []string{"example.com/a TestA: deadlock: 2 goroutines wait for each other in a circle (rule 2)", "the same in TestJ: a/testdata/jostle/TestJ-1.jostle", "example.com/a a.Test: assertion: the test fails under this schedule"}, s.findings)
	assert.Equal(t, []string{"example.com/a TestD: the time was over", "example.com/a TestB: execution 3: deadlock not reproduced in a fresh process; not reported"}, s.notes)
	assert.Equal(t, []string{"TestE: 20 runs, 25/s, live (g3 TestE.func2 is busy)", "TestG: 3 schedules, then 20 runs, live (it uses signals)", "TestH: run once, without control: it is a fuzz target"}, s.live)
	assert.Equal(t, []int{7, 6, 3, 1, 343}, []int{s.tests(), s.concurrent(), s.controlled, s.single, s.executions})
}

// A search of some modules leaves what the table says of others.
func TestOfSearch(t *testing.T) {
	before := `2 modules. 30 tests have more than one goroutine; 28 of them (93.3%) run controlled.

| module | version | tests | with goroutines | controlled | executions | findings | time |
| --- | --- | --: | --: | --: | --: | --: | --: |
| example.com/a | v1.0.0 | 12 | 10 | 9 | 100 | 0 | 1.0s |
| example.com/b | v1.0.0 | 22 | 20 | 19 | 200 | 1 | 2.0s |

Not controlled:

- example.com/a ` + "`TestA`" + `: it uses signals
- example.com/b ` + "`TestB`" + `: it uses signals
`
	tab := newTable(&bytes.Buffer{}, false)
	tab.addSearch(module{path: "example.com/b", version: "v1.0.1"}, &search{single: 2, controlled: 30, executions: 3000, spent: time.Second, live: []string{
		"TestE: 20 runs, 25/s, live (g3 TestE.func2 is busy)", "TestG: 3 schedules, then 20 runs, live (it uses (two) signals)", "TestH: run once, without control: no schedule reaches it",
		"TestF: run once, without control: no schedule reaches it",
	}}, nil, false)
	assert.Equal(t, `2 modules. 44 tests have more than one goroutine; 39 of them (88.6%) run controlled.

| module | version | tests | with goroutines | controlled | executions | findings | time |
| --- | --- | --: | --: | --: | --: | --: | --: |
| example.com/a | v1.0.0 | 12 | 10 | 9 | 100 | 0 | 1.0s |
| example.com/b | v1.0.1 | 36 | 34 | 30 | 3000 | 0 | 1.0s |

Not controlled:

- example.com/a `+"`TestA`"+`: it uses signals
- example.com/b `+"`TestE`"+`: TestE.func2 is busy
- example.com/b `+"`TestF`, `TestH`"+`: no schedule reaches it
- example.com/b `+"`TestG`"+`: it uses (two) signals
`, tab.ofSearch(before))
}
