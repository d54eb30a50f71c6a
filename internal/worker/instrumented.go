package worker

import (
	"os"
	"strings"
	"testing"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/libfuzzer"
	"github.com/jostle-dev/jostle/internal/manifest"
)

// stale returns the directories whose sources have changed since they were instrumented.
func stale() ([]string, error) {
	name := os.Getenv(manifest.Env)
	if name == "" {
		return nil, nil // a binary that was built elsewhere
	}
	return manifest.Stale(name)
}

// requireInstrumented ends a test whose code would not be controlled, or is not the code that is in the files: as an
// error if schedules were asked for, and silently where plain go test merely runs what is there.
func (p *Process) requireInstrumented(t testing.TB) {
	t.Helper()
	text := ""
	switch {
	case testing.CoverMode() != "" && libfuzzer.Covered == "":
		text = "jostle: under -cover the go command builds from the original files (go.dev/issue/73802), and no schedule can reach " +
			"the code under test: run this test without -cover"
	case len(engine.Sites()) == 0:
		text = "jostle: nothing in this test binary is instrumented, so no schedule can reach it. " +
			"Use `go tool jostle fuzz`, or `eval \"$(go tool jostle env ./...)\"` before go test"
	}
	if text == "" {
		text = hiddenFromRaces()
	}
	if text != "" {
		if p.Fuzzing() {
			t.Fatal(text)
		}
		t.Skip(text)
	}
	dirs, err := p.stale()
	if err != nil {
		t.Fatalf("jostle: %v: run `eval \"$(go tool jostle env ./...)\"` again", err)
	}
	if len(dirs) > 0 {
		t.Fatalf("jostle: the sources in %s have changed since they were instrumented, and the test runs the old ones: "+
			"run `eval \"$(go tool jostle env ./...)\"` again", strings.Join(dirs, ", "))
	}
}
