package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/stacks"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// snapshotsFile has what the golden files are told from, so that the telling is tested without running the kernels.
const snapshotsFile = "snapshots.json.gz"

// snapshots are the ends of the kernels' executions, and what is known of the files that they name.
type snapshots struct {
	Sites   [][]trace.Site // by file
	Files   []program.File
	Kernels map[string]*trace.Snapshot
}

// readSnapshots reads the file of snapshots.
func readSnapshots(name string) (*snapshots, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	s := new(snapshots)
	// The files of the standard library are known by where they are on this machine.
	if err := json.Unmarshal(bytes.ReplaceAll(data, []byte(someRoot+"src/"), []byte(stacks.Standard())), s); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}

// someRoot is where Go is, in the file of snapshots.
const someRoot = "/goroot/"

// collect reads what a run has saved in a folder, of each kernel under the name of its finding's file. The paths of the machine are
// replaced: dir is where the kernels were.
func collect(saved, dir string, found map[string]result) (*snapshots, error) {
	root, err := goroot()
	if err != nil {
		return nil, err
	}
	paths := strings.NewReplacer(dir+"/", "/goker/", root+"/", someRoot)
	s := &snapshots{Kernels: map[string]*trace.Snapshot{}}
	have := map[string]bool{} // by file
	for kernel, r := range found {
		if r.file == "" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(saved, filepath.Base(r.file)))
		if err != nil {
			return nil, err
		}
		from, err := readSaved([]byte(paths.Replace(string(data))))
		if err != nil {
			return nil, fmt.Errorf("the snapshot of %s: %w", kernel, err)
		}
		s.Kernels[kernel] = from.Snapshot
		for _, f := range from.Files {
			if !have[f.Name] {
				s.Files = append(s.Files, f)
			}
		}
		for _, sites := range from.Sites {
			if !have[sites[0].File] {
				s.Sites = append(s.Sites, sites)
			}
		}
		for _, f := range from.Files {
			have[f.Name] = true
		}
	}
	return s, nil
}

// keptSteps is how many steps of a longer execution are kept, if they suffice to tell it the same: some kernels loop for ever.
const keptSteps = 2_000

// readSaved reads what was saved of an execution.
func readSaved(data []byte) (*verdict.Saved, error) {
	read := func(most int) (*verdict.Saved, error) {
		s := new(verdict.Saved)
		if err := json.Unmarshal(data, s); err != nil {
			return nil, err
		}
		s.Snapshot.Steps = slices.Clone(s.Snapshot.Steps[max(0, len(s.Snapshot.Steps)-most):])
		return s, nil
	}
	whole, err := read(math.MaxInt)
	if err != nil || len(whole.Snapshot.Steps) <= keptSteps {
		return whole, err
	}
	short, err := read(keptSteps)
	if err != nil {
		return nil, err
	}
	if whole.Verdict().Facts() == short.Verdict().Facts() {
		return short, nil
	}
	return whole, nil
}

// write writes the file of snapshots, the same for the same snapshots.
func (s *snapshots) write(name string) error {
	slices.SortStableFunc(s.Files, func(a, b program.File) int { return strings.Compare(a.Name, b.Name) })
	slices.SortStableFunc(s.Sites, func(a, b []trace.Site) int { return strings.Compare(a[0].File, b[0].File) })
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // a level that there is
	if err := json.NewEncoder(z).Encode(s); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(name, b.Bytes(), 0o644)
}

// verdict returns the verdict on a kernel's execution.
func (s *snapshots) verdict(kernel string) *verdict.Verdict {
	return (&verdict.Saved{Snapshot: s.Kernels[kernel], Sites: s.Sites, Files: s.Files}).Verdict()
}
