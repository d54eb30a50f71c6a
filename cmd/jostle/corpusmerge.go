package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jostle-dev/jostle/internal/corpus"
	"github.com/jostle-dev/jostle/internal/finding"
)

func newCorpusMerge() *cobra.Command {
	return corpusCommand("merge dir...", "Bring what others have found into the packages here",
		`The folders, and all below them, are looked through for findings, entries of corpora and inputs of fuzz targets: what the shards
of "jostle test -shard" have left, say, each in a folder of its own. All of it is run here, in the package of ./... that it is of.

Of findings one for each cause is kept, the shortest that is reproduced. Of entries and inputs those are kept that show an order
of operations, or an outcome, that what is here already does not; inputs of fuzz targets that are not of harness.Fuzz are kept
all. The folders stay as they are. What is of packages that are not in
./... is left out, and told.
The exit code is 0 if all was merged, 2 if it could not be.`, cobra.MinimumNArgs(1),
		func(k *keeper, ctx context.Context, dirs []string) error {
			mg := newMerger(k)
			if err := mg.collect(ctx, dirs); err != nil {
				return err
			}
			for _, dir := range slices.Sorted(maps.Keys(mg.into)) {
				if err := mg.merge(ctx, dir); err != nil {
					return err
				}
			}
			return nil
		})
}

// A merger brings files into the packages that they are of.
type merger struct {
	*keeper
	packages map[string]string   // directories, by import path
	fuzz     map[string][]string // directories, by fuzz target
	into     map[string]*incoming
	seen     map[string]bool                     // contents
	strange  int                                 // files of packages that are not here
	other    func(path string, named bool) error // of files that are neither findings nor inputs: named are those of no folder
}

func newMerger(k *keeper) *merger {
	return &merger{keeper: k, into: map[string]*incoming{}, seen: map[string]bool{}, other: func(string, bool) error { return nil }}
}

// incoming is what comes into one package.
type incoming struct {
	findings []keptFile // no entries
	entries  []item
	inputs   []item
	others   []item // inputs of targets that are not of harness.Fuzz, whose executions show nothing
}

var fuzzTargetLine = regexp.MustCompile(`(?m)^func (Fuzz\w*)\(`)

// targets finds the packages here, and their fuzz targets.
func (m *merger) targets(ctx context.Context) error {
	if m.packages != nil {
		return nil
	}
	m.packages, m.fuzz = map[string]string{}, map[string][]string{}
	listed, err := m.build.list(ctx, "{{.ImportPath}}\t{{.Dir}}", []string{"./..."})
	if err != nil {
		return err
	}
	for _, line := range listed {
		path, dir, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if dir == "" {
			continue
		}
		m.packages[path] = dir
		files, err := glob(dir, "*_test.go")
		if err != nil {
			return err
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			for _, f := range fuzzTargetLine.FindAllSubmatch(content, -1) {
				m.fuzz[string(f[1])] = append(m.fuzz[string(f[1])], dir)
			}
		}
	}
	return nil
}

// collect looks through folders.
func (m *merger) collect(ctx context.Context, roots []string) error {
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			abs, err := filepath.Abs(path)
			if err != nil {
				return err
			}
			folder := filepath.Base(filepath.Dir(abs))
			isFinding, isInput := strings.HasSuffix(path, finding.Suffix), strings.HasPrefix(folder, "Fuzz")
			if !isFinding && !isInput {
				return m.other(abs, path == root)
			}
			if err := m.targets(ctx); err != nil {
				return err
			}
			if isFinding {
				return m.finding(abs)
			}
			return m.input(abs, folder)
		})
		if err != nil {
			return err
		}
	}
	if m.strange > 0 && len(m.into) == 0 {
		return errors.New("nothing in " + strings.Join(roots, ", ") + " is of a package of ./...: run it in the module that it is of")
	}
	return nil
}

// leftOut tells of a file that is of no package here.
func (m *merger) leftOut(path, why string) {
	m.strange++
	fmt.Fprintf(m.stderr, "%s is left out: %s\n", shown(path), why)
}

// new reports whether a file has not come before.
func (m *merger) new(name, as string) (bool, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return false, err
	}
	key := as + "\x00" + string(content)
	defer func() { m.seen[key] = true }()
	return !m.seen[key], nil
}

// of returns what comes into the package in a directory.
func (m *merger) of(dir string) *incoming {
	if m.into[dir] == nil {
		m.into[dir] = new(incoming)
	}
	return m.into[dir]
}

func (m *merger) finding(path string) error {
	k, err := readKeptFile(path, "")
	if err != nil {
		return fmt.Errorf("%w: take it out of the folder, or find it again with this jostle", err)
	}
	dir, ok := m.packages[k.f.Package]
	if !ok {
		m.leftOut(path, "it is of the package "+k.f.Package+", which is not in ./...")
		return nil
	}
	e, err := entryBeside(filepath.Dir(path), "jostle/"+filepath.Base(path))
	if err != nil {
		return err
	}
	if is, err := m.new(path, fmt.Sprint(dir, e != nil)); err != nil || !is {
		return err
	}
	in := m.of(dir)
	if e == nil {
		in.findings = append(in.findings, k)
	} else {
		in.entries = append(in.entries, item{keptFile: k, entry: e})
	}
	return nil
}

// entryBeside returns the entry of a name in the manifest in a folder; nil if there is none.
func entryBeside(folder, name string) (*corpus.Entry, error) {
	file := filepath.Join(folder, corpus.File)
	content, err := os.ReadFile(file)
	if finding.Absent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m, err := corpus.Parse(string(content))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return m.Find(name), nil
}

// likest returns the package to which an input belongs by the folders that it lies in: the ends of their names are those of
// the package's, seen from here.
func likest(dirs []string, input string) (string, bool) {
	there, _, err := entryOf(input)
	if err != nil {
		return "", false
	}
	best, most := "", -1
	for _, dir := range dirs {
		as := shown(dir)
		if as == "." {
			as = ""
		}
		if len(as) > most && strings.HasSuffix("/"+filepath.ToSlash(there), "/"+as) || as == "" && most < 0 {
			best, most = dir, len(as)
		}
	}
	return best, most >= 0
}

func (m *merger) input(path, target string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !corpus.IsGoFile(content) {
		return nil
	}
	dirs := m.fuzz[target]
	switch {
	case len(dirs) == 0:
		m.leftOut(path, "it is an input of "+target+", and no package of ./... has such a target")
		return nil
	case len(dirs) > 1:
		dir, ok := likest(dirs, path)
		if !ok {
			return fmt.Errorf("%s is an input of %s, which %s and %s have: which of them is meant cannot be known; put it where it would lie in its package, PACKAGE/testdata/fuzz/%s",
				path, target, shown(dirs[0]), shown(dirs[1]), target)
		}
		dirs = []string{dir}
	}
	if is, err := m.new(path, dirs[0]+target); err != nil || !is {
		return err
	}
	in := m.of(dirs[0])
	k, err := readKeptFile(path, target)
	if err != nil { // its target takes something else than bytes
		in.others = append(in.others, item{keptFile: k})
		return nil
	}
	e, err := entryBeside(filepath.Join(filepath.Dir(path), "..", "..", "jostle"), "fuzz/"+target+"/"+filepath.Base(path))
	if err != nil {
		return err
	}
	in.inputs = append(in.inputs, item{keptFile: k, entry: e})
	return nil
}

// merge brings what has come for a package into it.
func (m *merger) merge(ctx context.Context, dir string) error {
	man, err := corpus.Read(dir)
	if err != nil {
		return err
	}
	in := m.into[dir]
	if err := m.mergeFindings(ctx, dir, man, in.findings); err != nil {
		return err
	}
	for _, it := range in.others {
		if err := m.put(dir, man, it); err != nil {
			return err
		}
	}
	if len(in.entries)+len(in.inputs) == 0 {
		return nil
	}
	all, err := m.items(ctx, dir, man)
	if err != nil {
		return err
	}
	here := len(all)
	fresh := slices.Concat(in.entries, in.inputs)
	if err := m.runItems(ctx, dir, fresh); err != nil {
		return err
	}
	all = append(all, fresh...)
	candidates := make([]corpus.Candidate, len(all))
	for i := range all {
		candidates[i] = all[i].candidate()
		candidates[i].Kept = i < here || all[i].out.Verdict == "" // which did not run: its target is not of harness.Fuzz
	}
	added := 0
	for _, i := range corpus.Cover(candidates) {
		if i < here {
			continue
		}
		if err := m.put(dir, man, all[i]); err != nil {
			return err
		}
		added++
	}
	if err := man.Write(dir); err != nil {
		return err
	}
	_, err = fmt.Fprintf(m.stdout, "%s: of %d entries and inputs %d show what others do not, and were added\n", shown(dir), len(fresh), added)
	return err
}

// put writes an entry or an input into a package, under a name that nothing else has.
func (m *merger) put(dir string, man *corpus.Manifest, it item) error {
	content, err := os.ReadFile(it.path)
	if err != nil {
		return err
	}
	folder, base, suffix := "jostle/", filepath.Base(it.path), finding.Suffix
	if it.f == nil {
		folder, suffix = "fuzz/"+it.target+"/", ""
	}
	e := corpus.Entry{Name: folder + base}
	for n := 2; ; n++ {
		there, err := os.ReadFile(e.Path(dir))
		if os.IsNotExist(err) || err == nil && string(there) == string(content) {
			break
		}
		if err != nil {
			return err
		}
		e.Name = fmt.Sprintf("%s%s-%d%s", folder, strings.TrimSuffix(base, suffix), n, suffix)
	}
	if err := finding.WriteFile(e.Path(dir), content); err != nil {
		return err
	}
	if it.entry != nil {
		name := e.Name
		e = *it.entry
		e.Name = name
		man.Put(e)
	}
	return nil
}

// byCause groups findings by what they are of, in the order of the first of each. Those of a group are in the order of their
// length.
func byCause(all []keptFile) [][]keptFile {
	type cause struct {
		test string
		hash uint64
	}
	at := map[cause]int{}
	var groups [][]keptFile
	for _, k := range all {
		c := cause{k.f.Test, k.f.Cause}
		i, ok := at[c]
		if !ok {
			i = len(groups)
			at[c], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], k)
	}
	for _, g := range groups {
		slices.SortStableFunc(g, func(a, b keptFile) int { return cmp.Compare(a.size, b.size) })
	}
	return groups
}

// shortest runs findings of one cause in the package of a directory, and returns the index of the first that is reproduced: -1 if
// none is, and then in what the first of all ended.
func (k *keeper) shortest(ctx context.Context, dir string, all []keptFile) (best int, verdict string, err error) {
	outs, err := k.runAll(ctx, dir, all)
	if err != nil {
		return -1, "", err
	}
	best = slices.IndexFunc(outs, func(o corpus.Outcome) bool { return o.Cause == all[0].f.Cause })
	return best, cmp.Or(outs[0].Verdict, "nothing: the test did not run"), nil
}

// copyFinding copies a finding to a file in its package.
func copyFinding(k keptFile, to string) error {
	content, err := os.ReadFile(k.path)
	if err != nil {
		return err
	}
	if k.f.Directory != "" { // it was kept away from its package, and is no longer
		f := *k.f
		f.Directory = ""
		content = []byte(f.Text())
	}
	return finding.WriteFile(to, content)
}

// mergeFindings keeps one finding for each cause, of those that are here and those that come.
func (m *merger) mergeFindings(ctx context.Context, dir string, man *corpus.Manifest, fresh []keptFile) error {
	added, lost := 0, 0
	groups := byCause(fresh)
	for _, all := range groups {
		name := filepath.Join(dir, filepath.FromSlash(finding.Dir), all[0].f.Name())
		if man.Find("jostle/"+filepath.Base(name)) != nil {
			continue // it is kept already
		}
		if _, err := os.Stat(name); err == nil {
			k, err := readKeptFile(name, "")
			if err != nil {
				return err
			}
			all = append([]keptFile{k}, all...)
			slices.SortStableFunc(all, func(a, b keptFile) int { return cmp.Compare(a.size, b.size) })
		}
		best, verdict, err := m.shortest(ctx, dir, all)
		if err != nil {
			return err
		}
		if best < 0 {
			best = 0
			lost++
			fmt.Fprintf(m.stdout, "%s was not reproduced here: it ends in %s\n", shown(all[0].path), verdict)
		}
		if all[best].path == name {
			continue
		}
		if err := copyFinding(all[best], name); err != nil {
			return err
		}
		added++
	}
	if len(fresh) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(m.stdout, "%s: %d findings of %d causes, %d of them written, %d not reproduced here\n", shown(dir), len(fresh), len(groups), added, lost)
	return err
}
