package main

import (
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestResult(t *testing.T) {
	tests := []struct {
		name   string
		output string
		want   fuzzResult
		good   bool
	}{
		{
			"survived",
			"fuzz: elapsed: 3s, execs: 29671 (9890/sec), new interesting: 119 (total: 120)\nPASS\n",
			fuzzResult{executions: 29671, rate: 9890}, true,
		},
		{
			"no execution ended",
			"fuzz: elapsed: 3s, gathering baseline coverage: 0/1 completed\nPASS\n",
			fuzzResult{idle: true}, true,
		},
		{
			"found",
			`fuzz: elapsed: 0s, execs: 39 (1900/sec), new interesting: 0 (total: 1)
--- FAIL: FuzzX (0.03s)
    --- FAIL: FuzzX (0.00s)
        fuzz.go:50: 
            deadlock: 2 goroutines (rule 1)
              evidence
            
            jostle: verdict=deadlock rule=1 schedule=1/2 preemptions=1 steps=9 trace=00 at=a b/x.go:7
    
    Failing input written to testdata/fuzz/FuzzX/0
`,
			fuzzResult{
				executions: 39, rate: 1900, failed: true, verdict: "deadlock", rule: "1", schedule: "1/2", preempts: "1",
				file: "testdata/fuzz/FuzzX/0", at: "a b/x.go:7",
				report: "deadlock: 2 goroutines (rule 1)\n  evidence\n\njostle: verdict=deadlock rule=1 schedule=1/2 preemptions=1 steps=9 trace=00 at=a b/x.go:7",
			}, false,
		},
		{
			"found as wanted",
			`jostle: target=FuzzX wants=deadlock rule=-
--- FAIL: FuzzX (0.03s)
            jostle: verdict=deadlock rule=1 schedule=1/2 preemptions=1 steps=9 trace=00`,
			fuzzResult{failed: true, verdict: "deadlock", rule: "1", schedule: "1/2", preempts: "1", wants: "deadlock rule=-"}, true,
		},
		{
			"no schedules in its corpus",
			"jostle: FuzzX: inputs in testdata/fuzz without a schedule, which run under the plain one only: 3 of 4\nPASS\n",
			fuzzResult{noSchedule: "FuzzX: inputs in testdata/fuzz without a schedule, which run under the plain one only: 3 of 4"}, true,
		},
		{
			"not found though wanted",
			"jostle: target=FuzzX wants=deadlock rule=1\nPASS\n",
			fuzzResult{wants: "deadlock rule=1"}, false,
		},
		{
			"a verdict of a corpus entry that passes is no finding",
			"            jostle: verdict=deadlock rule=1 schedule=1/2 preemptions=1 steps=9 trace=00\nPASS\n",
			fuzzResult{}, true,
		},
		{
			"the time is over",
			"--- FAIL: FuzzX (6.02s)\n    context deadline exceeded\nFAIL\n",
			fuzzResult{outOfTime: true}, true,
		},
		{
			"the time is over, and something was found",
			"--- FAIL: FuzzX (6.02s)\n    context deadline exceeded\n    Failing input written to testdata/fuzz/FuzzX/0\n",
			fuzzResult{outOfTime: true, failed: true, file: "testdata/fuzz/FuzzX/0"}, false,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got fuzzResult
			w := &resultWriter{result: &got, out: io.Discard}
			for i := range len(tt.output) { // however it is cut
				_, err := w.Write([]byte(tt.output[i : i+1]))
				assert.NoError(t, err)
			}
			w.Close()
			got.conclude()
			assert.Equal(t, tt.want, got)
			assert.Equal(t, tt.good, got.expected())
		})
	}
}
