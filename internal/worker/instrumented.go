package worker

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jostle-dev/jostle/internal/libfuzzer"
	"github.com/jostle-dev/jostle/internal/manifest"
	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/stacks"
	"github.com/jostle-dev/jostle/internal/trace"
)

// built returns the manifest of the build that this binary is of; nil if it was built elsewhere.
func built() (*manifest.Manifest, error) {
	name := os.Getenv(manifest.Env)
	if name == "" {
		return nil, nil
	}
	return manifest.Read(name)
}

// stale returns the directories whose sources have changed since they were instrumented.
func (p *Process) stale() ([]string, error) {
	m, err := p.built()
	if m == nil || err != nil {
		return nil, err
	}
	return m.Stale(), nil
}

// command is how people call jostle, in what is printed for them.
func (p *Process) command() string {
	if m, err := p.built(); err == nil && m != nil && m.Command != "" {
		return m.Command
	}
	return manifest.Command
}

// version returns the version of jostle that has instrumented the binary.
func (p *Process) version() string {
	if m, err := p.built(); err == nil && m != nil {
		return m.Version
	}
	return ""
}

// hasOwnSites reports whether any code but the standard library has sync points.
func hasOwnSites() bool {
	standard := stacks.Standard()
	return slices.ContainsFunc(program.Sites(), func(file []trace.Site) bool {
		return len(file) == 0 || standard == "" || !strings.HasPrefix(filepath.ToSlash(file[0].File), standard)
	})
}

// requireInstrumented ends a test whose code would not be controlled, or is not the code that is in the files: as an
// error if schedules were asked for, and silently where plain go test merely runs what is there.
func (p *Process) requireInstrumented(t testing.TB) {
	t.Helper()
	text := ""
	switch {
	case testing.CoverMode() != "" && libfuzzer.Covered == "":
		text = "jostle: under -cover the go command builds from the original files (go.dev/issue/73802), and no schedule can reach " +
			"the code under test: run this test without -cover, or use `jostle test -cover`"
	case !hasOwnSites():
		text = "jostle: nothing that this test is built from has a sync point, or all of it is excluded: there are no schedules to run " +
			"it under. Make it an ordinary test, without package harness"
	}
	if text == "" {
		text = p.hiddenFromRaces()
	}
	if text != "" {
		if p.Fuzzing() {
			t.Fatal(text)
		}
		t.Skip(text)
	}
	dirs, err := p.stale()
	if err != nil {
		t.Fatalf("jostle: %v: run `eval \"$(%s env ./...)\"` again", err, p.command())
	}
	if len(dirs) > 0 {
		t.Fatalf("jostle: the sources in %s have changed since they were instrumented, and the test runs the old ones: "+
			"run `eval \"$(%s env ./...)\"` again", strings.Join(dirs, ", "), p.command())
	}
}
