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
		s.Unrun = append(s.Unrun, Remark{Package: "a", Test: fmt.Sprintf("TestLate%d", i), Text: late})
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
