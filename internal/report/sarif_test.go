package report

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What several tests have found is one result, with one fingerprint; the one that was reproduced stands for them. Findings whose cause
// is not known have nothing in common.
func TestOneResultForACause(t *testing.T) {
	leak := func(pkg, test string, times int) *Finding {
		return &Finding{Package: pkg, Test: test, Verdict: "leak", Headline: "1 goroutine", Cause: "c1", Reproduced: &Reproduced{Of: 3, Times: times}}
	}
	d := &Document{Findings: []*Finding{
		leak("m/a", "TestA", 0), leak("m/a", "TestB", 3),
		{Package: "m/a", Test: "TestA", Verdict: "assertion", Headline: "the test fails", Cause: "c2", Output: "    a_test.go:7: order 17 was not shipped\n"},
		leak("m/b", "TestB", 3),
		{Test: "TestX", Verdict: "crash"}, {Test: "TestY", Verdict: "crash"},
	}}
	var b strings.Builder
	require.NoError(t, d.WriteSARIF(&b, ""))
	var log sarifLog
	require.NoError(t, json.Unmarshal([]byte(b.String()), &log))
	results := log.Runs[0].Results
	require.Len(t, results, 4)
	assert.Equal(t, map[string]string{"jostleCause/v1": "c1"}, results[0].PartialFingerprints)
	assert.Equal(t, "TestB", results[0].Properties["test"])
	assert.Contains(t, results[0].Message.Text, " Found by TestB. Found by TestB of m/b, TestA as well.")
	assert.Equal(t, map[string]string{"jostleCause/v1": "c2"}, results[1].PartialFingerprints)
	assert.Contains(t, results[1].Message.Text, "a_test.go:7: order 17 was not shipped")
	assert.Empty(t, results[2].PartialFingerprints)
}
