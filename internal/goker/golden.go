package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/jostle-dev/jostle/internal/finding"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// explanation is the part of a finding's facts that does not depend on how far its schedule could be shrunk in the time that
// there was: who else was stuck at the end does.
func explanation(facts string) string {
	knot, _, _ := strings.Cut(strings.TrimSuffix(facts, "\n")+"\n", verdict.StuckAsWell)
	return knot
}

// compare reports whether what is said of each kernel is what its golden file has, or writes the files anew.
func compare(w io.Writer, dir string, kernels []string, found map[string]result, update bool) (bool, error) {
	same := true
	for _, k := range kernels {
		if found[k].file == "" {
			continue
		}
		f, err := finding.Read(filepath.Join(dir, found[k].file))
		if err != nil {
			return false, err
		}
		golden := filepath.Join("internal", "goker", "testdata", k+".golden")
		got := explanation(f.Facts)
		if update {
			if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
				return false, err
			}
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				return false, err
			}
			continue
		}
		want, err := os.ReadFile(golden)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
		if string(want) != got {
			same = false
			fmt.Fprintf(w, "\n%s is explained otherwise than in %s:\n%s", k, golden, got)
		}
	}
	return same, nil
}
