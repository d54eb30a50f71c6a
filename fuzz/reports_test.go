package fuzz

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the reports in testdata/reports as they are")

// cached is where a machine has its modules.
var cached = regexp.MustCompile(`/\S*/pkg/mod/`)

// What is said of each bug of the pipeline: the goroutines, what they hold and wait for and where, the rule, what to change.
// testdata/reports has a folder a target, and in it the report of an entry of the corpus under its name, from the verdict to
// the advice. What is found and added to the corpus later on has none.
func TestReports(t *testing.T) {
	goldens, err := filepath.Glob("testdata/reports/*/*.golden")
	ok(t, err)
	if len(goldens) != 9 {
		t.Fatalf("%d golden files, and not 9", len(goldens))
	}
	for _, golden := range goldens {
		target := filepath.Base(filepath.Dir(golden))
		entry := strings.TrimSuffix(filepath.Base(golden), ".golden")
		t.Run(target, func(t *testing.T) {
			out, err := exec.Command(os.Args[0], "-test.v", "-test.run", "^"+target+"$/^"+entry+"$").CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			_, report, _ := strings.Cut(string(out), "fuzz.go:")
			_, report, _ = strings.Cut(report, "\n")
			report, _, found := strings.Cut(report, "\n        replay\n")
			if !found {
				t.Fatalf("no report in\n%s", out)
			}
			var b strings.Builder
			for line := range strings.Lines(report) {
				b.WriteString(cached.ReplaceAllString(strings.TrimPrefix(line, "        "), "GOMODCACHE/"))
			}
			if *update {
				ok(t, os.WriteFile(golden, []byte(b.String()), 0o644))
			}
			want, err := os.ReadFile(golden)
			ok(t, err)
			if got := b.String(); got != string(want) {
				t.Errorf("the report is\n%s\nand not\n%s\ngo test ./fuzz -run TestReports -update, if it is as it ought to be", got, want)
			}
		})
	}
}
