package worker

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/jostle-dev/jostle/internal/corpus"
	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/libfuzzer"
	"github.com/jostle-dev/jostle/internal/predict"
	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/internal/search"
)

// Bounds on what is run before a fuzzer begins.
const (
	steeredInputs = 8 // different Ins, the zero one among them
	steeredRuns   = 300
	steeredTime   = 2 * time.Second
)

// steered returns inputs whose schedules were steered into predicted hangs. The predictions are those of the plain run, with a zero
// In and with each In of the corpus, and of the inputs of the corpus. The inputs are the first try of each prediction, and last the
// first try that found something, after which it stops.
func (x *target) steered(corpus []string) (inputs [][]byte) {
	x.limits.Keep = true
	defer func() { x.limits.Keep = false }()
	end, runs := time.Now().Add(steeredTime), 0
	under := func(s engine.Strategy, data []byte) outcome {
		runs++
		return x.under(s, data)
	}
	enough := func() bool { return runs >= steeredRuns || time.Now().After(end) }
	seen := map[string]bool{}
	type learned struct {
		*search.Search
		detector *predict.Detector
	}
	of := map[string]learned{} // by the bytes of the In
	for _, data := range append([]string{""}, corpus...) {
		if enough() {
			break
		}
		data := []byte(data)
		sched, taken := x.split(data)
		s, known := of[string(taken)]
		if !known {
			if len(of) == steeredInputs {
				continue
			}
			s = learned{search.New(search.Options{Seed: uint64(len(of)), TriesOnly: true}), predict.NewDetector()}
			of[string(taken)] = s
			if plain, ok := s.Next(); ok {
				s.Observe(x.predictions(s.detector, under(plain.Strategy(), data)))
			}
		}
		if schedule.Departures(sched) > 0 {
			for _, p := range x.predictions(s.detector, under(schedule.NewReader(sched), data)) {
				s.Predict(p, 1)
			}
		}
		for try, more := s.Next(); more; try, more = s.Next() {
			if enough() {
				return inputs
			}
			rec := schedule.NewRecorder(try.Strategy())
			out := under(rec, data)
			s.Observe(nil)
			input := x.Join(schedule.Encode(rec.Answers()), taken)
			if (try.Try() == 0 || out.Found()) && !seen[string(input)] {
				seen[string(input)] = true
				inputs = append(inputs, input)
			}
			if out.Found() {
				return inputs
			}
		}
	}
	return inputs
}

// coordinates reports, once for each target, whether this process looks for new inputs and has others run them (testing/fuzz.go): go
// test -fuzz runs the seeds of a target in it first, unless -run says otherwise.
func (p *Process) coordinates(name string) bool {
	if p.fuzzWorker() || libfuzzer.Enabled || !p.fuzzes(name) {
		return false
	}
	_, before := p.coordinated.LoadOrStore(name, true)
	return !before
}

// fuzzWorker reports whether another process makes the inputs for this one.
func (p *Process) fuzzWorker() bool { return p.Flag("test.fuzzworker") == "true" }

// fuzzes reports whether the target is the one for which this process, or others, look for new inputs with Go's fuzzer.
func (p *Process) fuzzes(name string) bool {
	pattern := p.Flag("test.fuzz")
	matches, err := regexp.MatchString(pattern, name)
	return pattern != "" && err == nil && matches
}

// keepSeeds puts inputs of a target into the fuzzer's cache, from where it runs them before any input of its own. One that fails is
// minimised then, and written to testdata/fuzz; one from f.Add would end the search and be written nowhere.
func keepSeeds(cache, name string, inputs [][]byte) error {
	dir := filepath.Join(cache, name)
	if len(inputs) == 0 {
		return nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("the fuzzer's cache: %w", err)
	}
	for _, data := range inputs {
		file := filepath.Join(dir, corpus.FileName(data))
		if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := os.WriteFile(file, corpus.Encode(data), 0o666); err != nil { // a file that is not whole is left out
			return fmt.Errorf("the fuzzer's cache: %w", err)
		}
	}
	return nil
}

// noteEmpty prints a line if most inputs of a target's corpus have an empty schedule: they search nothing.
func (x *target) noteEmpty(name string, known map[string]bool) {
	if libfuzzer.Enabled || x.fuzzWorker() {
		return
	}
	n := 0
	for data := range known {
		if sched, _ := x.split([]byte(data)); schedule.Departures(sched) == 0 {
			n++
		}
	}
	if 2*n > len(known) {
		fmt.Printf("jostle: %s: inputs in testdata/fuzz without a schedule, which run under the plain one only: %d of %d\n", name, n, len(known))
	}
}
