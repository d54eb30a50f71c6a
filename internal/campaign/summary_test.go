package campaign

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Of tests that did not run because the time was over some are named, and all with verbose. Each that has another reason is.
func TestSummaryOfTestsThatDidNotRun(t *testing.T) {
	var s Summary
	for i := range most + 2 {
		s.Unrun = append(s.Unrun, Remark{Package: "a", Test: fmt.Sprintf("TestLate%d", i), Text: late, Late: true})
	}
	for i := range most + 1 {
		s.Unrun = append(s.Unrun, Remark{Package: "a", Test: fmt.Sprintf("TestSlow%d", i), Text: "its first run had not ended after 1m0s, and was stopped"})
	}
	print := func(verbose bool) string {
		var b strings.Builder
		require.NoError(t, s.Print(&b, time.Second, verbose))
		return b.String()
	}
	short := print(false)
	assert.Equal(t, most+1, strings.Count(short, "TestSlow"))
	assert.Equal(t, most, strings.Count(short, "TestLate"))
	assert.Contains(t, short, "\n    and 2 more; -v names them\n")
	assert.Equal(t, most+2, strings.Count(print(true), "TestLate"))
}

// Findings that one change would end stand together, and are counted as one kind.
func TestSummaryOfOneKind(t *testing.T) {
	s := Summary{Tests: 3, Executions: 7, Findings: []Remark{
		{Package: "m/a", Test: "TestA", Text: "leak: one (rule 4)", File: "a/1", Kin: 1},
		{Package: "m/a", Test: "TestB", Text: "deadlock: two (rule 2)", File: "a/2", Kin: 2},
		{Package: "m/a", Test: "TestB", Text: "leak: one (rule 4)", File: "a/3", Kin: 1},
		{Package: "m/b", Test: "TestC", Text: "deadlock: one (rule 4)", File: "b/1", Kin: 1},
	}}
	var b strings.Builder
	require.NoError(t, s.Print(&b, time.Second, false))
	assert.Equal(t, `
Found:
    m/a TestA: leak: one (rule 4)
        a/1
        the same in TestB: a/3
        the same in m/b TestC: deadlock: one (rule 4)
            b/1
    m/a TestB: deadlock: two (rule 2)
        a/2
4 findings of 2 kinds in 3 tests, 7 schedules, 1s
`, b.String())
}
