# make fuzz searches the bundled pipeline, make test runs the tests. Go is all that is needed.

FUZZTIME ?= 6s
GOFILES = $(shell git ls-files --cached --others --exclude-standard '*.go' | grep -v /testdata/)

# make check vets. Go's own limit for the tests of a package, ten minutes, is too short where other work has the processors.
TESTFLAGS = -vet=off -timeout 60m

# The pattern work stands for all packages of the modules in go.work: the command's, harness, harness/linearizable and fuzz.
.PHONY: fuzz test long compatible check race bench bench-search flat third-party goker

fuzz:
	go tool jostle fuzz ./fuzz -time $(FUZZTIME)

test: check
	go test -short $(TESTFLAGS) work

# With what takes long: live runs, the race detector and plain accesses, each of which has the standard library compiled anew, searches
# that are killed, and the workflows of ci/github in a project of its own. ci/nightly has it.
long: check
	go test $(TESTFLAGS) work

# What depends on the Go version: what runs tests, the conformance programs, which use every operation, and of the command's scripts those
# that see something of the Go itself. GOTOOLCHAIN says which it is.
#
#	cgo       what cgo makes of a file, and go test -fuzz
#	chance    the changes to package runtime
#	deps      line directives in copies, -modfile, go work, -trimpath
#	kinds     stack traces, go vet, coverage, all that go build knows
#	library   HTTP/2 as package net/http has it
#	live      the leak profile, what Go prints of a panic, the network
#	liverace  the race detector without control
#	pipes     the changes to packages internal/poll and os
#	race      what the race detector prints
#	sockets   the changes to package net
#	test      testing and testing/synctest, go test -json, what go build and go vet say
#	tutorial  go test and go test -fuzz with package harness
#	untouched the language of go.mod, GODEBUG, timers, vendor and go.work
#
# The others are about what jostle finds, explains, keeps and prints: that is the same on each Go.
SCRIPTS = cgo|chance|deps|kinds|library|live|liverace|pipes|race|sockets|test|tutorial|untouched

compatible:
	go test $(TESTFLAGS) ./harness ./internal/harness ./internal/worker
	go test $(TESTFLAGS) -run '^TestConformance$$|^TestScript$$/^($(SCRIPTS))$$' ./instrument ./cmd/jostle

# What staticcheck has to say does not depend on the Go that the tests run on, and it cannot read the standard library of Go 1.27
# (honnef.co/go/tools 0.8 can, and needs Go 1.26).
LINTERGO = go1.26.8

check:
	@unformatted=$$(gofmt -l $(GOFILES)); test -z "$$unformatted" || { echo "run gofmt on: $$unformatted"; exit 1; }
	go vet work
	GOTOOLCHAIN=$(LINTERGO) go tool staticcheck work

# The network's tests under the race detector. It and the engine are compiled without, as in tests of users (instrument.RaceFlags).
UNSEEN = github.com/jostle-dev/jostle/internal

race:
	go test $(TESTFLAGS) -race $(foreach p,engine/... trace program network,'-gcflags=$(UNSEEN)/$(p)=-race=false -l') ./internal/network

# Steps and executions a second, beside two yardsticks of the same run: a goroutine hand-over, and native fuzzing of the
# same query without instrumentation.
bench:
	go run ./internal/bench

# Strategies beside each other: how many executions each needs to find the bugs of small programs.
bench-search:
	go run ./internal/benchsearch -race 10000 -md

# A million executions in one process: goroutines and heap at each 100,000.
flat:
	go test ./fuzz -run '^$$' -bench Flat -benchtime 1000000x -timeout 30m

# Published modules, with all that they need, instrumented: do they build, and do their own tests still pass?
third-party:
	go run ./internal/thirdparty

# The kernels of real blocking bugs that ship with Go, each as a test with the default budget: is the bug found?
goker:
	go run ./internal/goker
