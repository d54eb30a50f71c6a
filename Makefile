# make fuzz searches the bundled pipeline, make test runs all tests. Go is all that is needed.

FUZZTIME ?= 6s
GOFILES = $(shell git ls-files --cached --others --exclude-standard '*.go' | grep -v /testdata/)

.PHONY: fuzz test check bench flat

fuzz:
	go tool jostle fuzz ./fuzz -time $(FUZZTIME)

test: check
	go test ./...

check:
	@unformatted=$$(gofmt -l $(GOFILES)); test -z "$$unformatted" || { echo "run gofmt on: $$unformatted"; exit 1; }
	go vet ./...
	go tool staticcheck ./...

# Steps and executions a second, beside a goroutine hand-over and native fuzzing without instrumentation.
bench:
	ci/bench.sh

# A million executions in one process: goroutines and heap at each 100,000.
flat:
	JOSTLE_FLAT=1000000 go test ./fuzz -run '^TestFlat$$' -v -timeout 30m
