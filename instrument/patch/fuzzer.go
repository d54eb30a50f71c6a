package patch

// Go's fuzzer takes as much time for an input as a small execution does. What it does with the counters of the code that ran it does here
// with eight of them at a time, and it makes no input smaller that it keeps for having reached something new: it would try for as long as a
// finding may take, one input after the other, and what it runs for that counts for nothing.
//
// Every other input that it makes names an execution (schedule.Name), and what it keeps of these is spelt out, as decisions that it can change
// one by one. The coordinator makes each input that a worker has made once more; what was spelt out it gets with the worker's answer.
var fuzzer = group{
	name: "fuzzer",
	loss: "jostle fuzz runs fewer executions",
	edits: []edit{
		{file: "internal/fuzz/coverage.go", in: "SnapshotCoverage", find: `for i, b := range cov { coverageSnapshot[i] = pow2Table[b] }`, put: `jostleRound(coverageSnapshot, cov)`},
		{file: "internal/fuzz/coverage.go", in: "countNewCoverageBits", find: `n := 0`, put: `n := 0; base, snapshot = jostleNew(base, snapshot)`},
		{file: "internal/fuzz/mutator.go", in: "mutator.mutate", find: `vals[i] = m.scratch`, put: `vals[i] = m.jostleNamed()`},
		{file: "internal/fuzz/worker.go", in: "fuzzResponse", put: ` JostleSpelt []byte; `},
		{file: "internal/fuzz/worker.go", in: "workerServer.fuzz", find: `resp.Err = errMsg`, put: `resp.Err, resp.JostleSpelt = errMsg, jostleSpeltOut()`, times: 2},
		{file: "internal/fuzz/worker.go", in: "workerServer.fuzz", find: `resp.CoverageData = cov`, put: `resp.CoverageData, resp.JostleSpelt = cov, jostleSpeltOut()`},
		{file: "internal/fuzz/worker.go", in: "workerClient.fuzz", find: `dataOut := marshalCorpusFile(valuesOut...)`, put: `if resp.JostleSpelt != nil { valuesOut = []any{resp.JostleSpelt} }; dataOut := marshalCorpusFile(valuesOut...)`},
		{file: "internal/fuzz/fuzz.go", in: "CoordinateFuzzing", find: `c.canMinimize() && result.canMinimize && c.crashMinimizing == nil`, put: `false`},
	},
	files: []string{"internal/fuzz/jostle.go", "jostle/internal/worker/fuzzer_patched.go"},
}
