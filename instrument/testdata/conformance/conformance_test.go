package conformance

import (
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"testing"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	"github.com/jostle-dev/jostle/internal/program"
)

// There is no testify here, nor in enginetest: it imports net/http, which would be compiled anew for the race detector.

func TestMain(m *testing.M) {
	// The goroutine that package os/signal starts for the first must not be part of an execution.
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	signal.Stop(c)
	os.Exit(m.Run())
}

// CONFORMANCE says whether this is the instrumented build, and whether it is compiled so that the engine is told of plain loads and stores.
func TestPrograms(t *testing.T) {
	run := enginetest.RunNative
	if is := os.Getenv("CONFORMANCE"); is != "" {
		run = enginetest.RunPrograms
		if is == "plain" {
			run = enginetest.RunPlain
		}
		var files []string
		for _, sites := range program.Sites() {
			if len(sites) > 0 {
				files = append(files, filepath.Base(sites[0].File))
			}
		}
		for _, tbl := range tables {
			if !slices.Contains(files, tbl.file) {
				t.Fatalf("%s is not instrumented", tbl.file)
			}
		}
	} else if sites := program.Sites(); len(sites) > 0 {
		t.Fatalf("instrumented: %v", sites)
	}
	for _, tbl := range tables {
		t.Run(tbl.file, func(t *testing.T) { run(t, tbl.programs) })
	}
}

func TestEveryFileHasItsTable(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, f := range files {
		if !slices.Contains([]string{"conformance.go", "conformance_test.go", "hooks_test.go"}, f) {
			want = append(want, f)
		}
	}
	var have []string
	for _, tbl := range tables {
		have = append(have, tbl.file)
	}
	if !slices.Equal(have, want) { // which is sorted
		t.Errorf("tables of %q for files %q", have, want)
	}
}
