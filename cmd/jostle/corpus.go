package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/jostle-dev/jostle/internal/cachedir"
	"github.com/jostle-dev/jostle/internal/campaign"
	"github.com/jostle-dev/jostle/internal/corpus"
	"github.com/jostle-dev/jostle/internal/finding"
)

func newCorpus() *cobra.Command {
	c := &cobra.Command{
		Use:   "corpus",
		Short: "Keep what was found as tests: of what was fixed, and of what must be found",
		Long: `Keep what was found as tests. An entry of a package's corpus is a finding in testdata/jostle or an input of a fuzz target in
testdata/fuzz, and a line in testdata/jostle/corpus.txt that says what it was and what is expected of it: "fixed" must pass,
"found" must end by the same verdict still. docs/corpus.md has more.`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("corpus %s: there is no such command; see jostle corpus -help", args[0])
			}
			return c.Help()
		},
	}
	c.AddCommand(newCorpusAdd(), newCorpusList(), newCorpusRun(), newCorpusMinimize(), newCorpusMerge(), newCorpusExport(), newCorpusImport())
	return c
}

// corpusCommand returns a command that f runs with a keeper.
func corpusCommand(use, short, long string, args cobra.PositionalArgs, f func(k *keeper, ctx context.Context, args []string) error) *cobra.Command {
	var build buildFlags
	c := &cobra.Command{
		Use: use, Short: short, Long: short + ".\n\n" + long, Args: args,
		RunE: func(c *cobra.Command, args []string) error {
			return withKeeper(c, build, func(k *keeper) error {
				k.stdout = painted(k.stdout)
				return f(k, c.Context(), args)
			})
		},
	}
	build.register(c)
	return c
}

// A keeper runs what is kept in the packages of others.
type keeper struct {
	build          buildFlags
	temp           string
	built          map[binaryKey]*keptBinary
	stdout, stderr io.Writer
}

// withKeeper has f do the work of a command.
func withKeeper(c *cobra.Command, build buildFlags, f func(*keeper) error) error {
	k := &keeper{build: build, built: map[binaryKey]*keptBinary{}, stdout: c.OutOrStdout(), stderr: c.ErrOrStderr()}
	var err error
	if k.temp, err = os.MkdirTemp("", "jostle-"+c.Name()+"-"); err != nil {
		return err
	}
	defer os.RemoveAll(k.temp)
	if err = f(k); c.Context().Err() != nil {
		return errors.New("interrupted")
	}
	return err
}

type binaryKey struct {
	dir string
	needs
}

type keptBinary struct {
	campaign.Binary
	env []string
	err error // it could not be built
}

// binary builds the tests of the package in a directory, once.
func (k *keeper) binary(ctx context.Context, dir string, n needs) (*keptBinary, error) {
	key := binaryKey{dir, k.build.needs.and(n)}
	if k.built[key] == nil {
		b := new(keptBinary)
		b.err = k.buildInto(ctx, key, b)
		k.built[key] = b
	}
	b := k.built[key]
	return b, b.err
}

func (k *keeper) buildInto(ctx context.Context, key binaryKey, b *keptBinary) error {
	build := k.build
	build.dir, build.needs = key.dir, key.needs
	res, err := build.prepare(ctx, []string{"."}, k.stderr)
	if err != nil {
		return err
	}
	root := res.Roots[0]
	b.Binary = campaign.Binary{
		Command: res.Command,
		Package: root.ImportPath, Module: root.Module, Dir: root.Dir, Path: filepath.Join(k.temp, fmt.Sprintf("%d.test", len(k.built))),
	}
	b.env = res.TestEnviron()
	if len(root.TestFiles) == 0 {
		return fmt.Errorf("%s has no tests that could run what is kept of it", root.ImportPath)
	}
	return build.test(ctx, res, k.stderr, nil, b.Binary)
}

// A keptFile is an execution in a file: a finding, or an input of a fuzz target.
type keptFile struct {
	path   string
	target string           // fuzz target; "" for a finding
	f      *finding.Finding // nil for an input
	size   int              // departures, or bytes
}

func readKeptFile(path, target string) (keptFile, error) {
	k := keptFile{path: path, target: target}
	if target == "" {
		var err error
		if k.f, err = finding.Read(path); err != nil {
			return k, err
		}
		k.size = len(k.f.Schedule)
		return k, nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return k, err
	}
	data, err := corpus.Decode(content)
	if err != nil {
		return k, fmt.Errorf("%s: %w", path, err)
	}
	k.size = len(data)
	return k, nil
}

// test returns the name of what runs it.
func (k *keptFile) test() string {
	if k.f != nil {
		return k.f.Test
	}
	return k.target
}

// keptAt reads a finding, or an input of a fuzz target, and returns the directory of the package that it lies in, or was kept away from:
// "" for a finding that lies in none.
func keptAt(file string) (k keptFile, dir string, err error) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return k, "", err
	}
	var target string
	lies := false
	if strings.HasSuffix(file, finding.Suffix) {
		dir, lies = packageOf(abs)
	} else {
		var name string
		if dir, name, err = entryOf(file); err != nil {
			return k, "", err
		}
		target = (&corpus.Entry{Name: name}).Target()
	}
	k, err = readKeptFile(file, target) // under the name by which it was asked for, as far as errors go
	k.path = abs
	if err == nil && k.f != nil && !lies {
		dir = directoryOf(k.f)
	}
	return k, dir, err
}

// directoryOf returns the directory of the package that a finding has been kept away from, as its file says: "" if no package is there,
// as on another machine.
func directoryOf(f *finding.Finding) string {
	if f.Directory == "" {
		return ""
	}
	if code, err := glob(f.Directory, "*.go"); err != nil || len(code) == 0 {
		return ""
	}
	return f.Directory
}

// as returns an input of a fuzz target as the finding that it is, of which out came. If it passes there is no cause.
func (k *keptFile) as(b campaign.Binary, out corpus.Outcome) *finding.Finding {
	if out.Verdict == "pass" {
		out.Cause = 0
	}
	return &finding.Finding{
		Package: b.Package, Module: b.Module, Test: k.target, Mode: string(campaign.Controlled), Verdict: out.Verdict, Cause: out.Cause, Trace: out.Steps,
		Report: strings.TrimSpace(ofGoTest.ReplaceAllString(out.Output, "")),
	}
}

// runAll runs files in the package of a directory, some at a time, in the order of the files.
func (k *keeper) runAll(ctx context.Context, dir string, files []keptFile) ([]corpus.Outcome, error) {
	binaries := make([]*keptBinary, len(files))
	for i, f := range files {
		var err error
		if binaries[i], err = k.binary(ctx, dir, needsOf(f.f)); err != nil {
			return nil, err
		}
	}
	out := make([]corpus.Outcome, len(files))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, f := range files {
		g.Go(func() (err error) {
			c := campaign.Config{Env: binaries[i].env, Base: workingDir(), Race: k.build.race || f.f != nil && f.f.Race, Leaks: true}
			out[i], err = campaign.RunKept(ctx, c, binaries[i].Binary, f.target, f.path)
			return err
		})
	}
	return out, g.Wait()
}

// entryOf returns the directory of the package and the name of the entry that a file is.
func entryOf(file string) (dir, name string, err error) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return "", "", err
	}
	parts := strings.Split(filepath.ToSlash(abs), "/")
	n := len(parts)
	switch {
	case n > 3 && parts[n-3] == "testdata" && parts[n-2] == "jostle" && strings.HasSuffix(file, finding.Suffix):
		return filepath.FromSlash(strings.Join(parts[:n-3], "/")), strings.Join(parts[n-2:], "/"), nil
	case n > 4 && parts[n-4] == "testdata" && parts[n-3] == "fuzz":
		return filepath.FromSlash(strings.Join(parts[:n-4], "/")), strings.Join(parts[n-3:], "/"), nil
	}
	return "", "", fmt.Errorf("%s lies neither in testdata/jostle nor in testdata/fuzz/FuzzX of a package: jostle corpus merge and import bring it there", file)
}

func newCorpusAdd() *cobra.Command {
	var found bool
	c := corpusCommand("add file...", "Make findings entries of the corpus",
		`Each file is run once, so that it is known what it was and how it goes now. It must pass from now on; with -found it must end
by its verdict, as a twin that is broken on purpose does. What was there already is replaced: add it again after a fix.
The exit code is 0 if all were added, 2 if one could not be.`, cobra.MinimumNArgs(1),
		func(k *keeper, ctx context.Context, files []string) error {
			for _, file := range files {
				if err := k.add(ctx, file, found); err != nil {
					return err
				}
			}
			return nil
		})
	c.Flags().BoolVar(&found, "found", false, "they must be found, not be gone")
	return c
}

func (k *keeper) add(ctx context.Context, file string, found bool) error {
	dir, name, err := entryOf(file)
	if err != nil {
		return err
	}
	m, err := corpus.Read(dir)
	if err != nil {
		return err
	}
	e := corpus.Entry{Expect: corpus.Fixed, Name: name, Commit: commit(ctx, dir)}
	if strings.ContainsAny(name, " \t\n#") {
		return fmt.Errorf("%s: a line of the corpus has no room for such a name: rename it", file)
	}
	kept, err := readKeptFile(e.Path(dir), e.Target())
	if err != nil {
		return err
	}
	outs, err := k.runAll(ctx, dir, []keptFile{kept})
	if err != nil {
		return err
	}
	out := outs[0]
	if out.Verdict == "" {
		return fmt.Errorf("%s: %s did not run: %s", file, kept.test(), lastLine(out.Output))
	}
	if old := m.Find(name); old != nil && kept.f == nil {
		e.Verdict, e.Cause, e.Note = old.Verdict, old.Cause, old.Note // of which nothing else knows
	}
	switch {
	case kept.f != nil:
		e.Verdict, e.Cause, e.Note = kept.f.Verdict, kept.f.Cause, headline(kept.f.Report)
	case e.Verdict == "" || out.Verdict != "pass":
		e.Verdict, e.Cause = out.Verdict, out.Cause
	}
	if found {
		e.Expect = corpus.Found
		if kept.f != nil && kept.f.Mode == string(campaign.Live) {
			return fmt.Errorf("%s comes of a live run, which no schedule repeats: it cannot be told to be found", file)
		}
	}
	result, why := e.Judge(out)
	if found && (result == corpus.Failed || out.Verdict == "pass") {
		if result != corpus.Failed {
			why = "it passes"
		}
		return fmt.Errorf("%s cannot be kept as one that must be found: %s", file, why)
	}
	e.Settle(out)
	m.Put(e)
	if err := m.Write(dir); err != nil {
		return err
	}
	said := ""
	switch {
	case result == corpus.Failed:
		said = ", which it is not yet: " + why
	case !found && out.Decisions > 0 && out.Came == 0:
		said = fmt.Sprintf("; none of the %d decisions of its schedule come any more, so that it guards little", out.Decisions)
	}
	_, err = fmt.Fprintf(k.stdout, "%s is kept as %s%s\n", name, e.Expect, said)
	return err
}

// lastLine returns the last line of what a test has printed that says something.
func lastLine(output string) string {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	for _, l := range slices.Backward(lines) {
		if l = strings.TrimSpace(l); l != "" && l != "FAIL" && l != "PASS" {
			return l
		}
	}
	return "it printed nothing"
}

// commit returns what is checked out where a directory lies, "" if that is not known.
func commit(ctx context.Context, dir string) string {
	cmd := exec.CommandContext(ctx, "git", "rev-parse", "--short=12", "HEAD")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// corpora calls f for each package that patterns name, with its corpus.
func (k *keeper) corpora(ctx context.Context, patterns []string, f func(dir string, m *corpus.Manifest) error) error {
	if len(patterns) == 0 {
		patterns = []string{"./..."}
	}
	dirs, err := k.build.dirs(ctx, patterns)
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		m, err := corpus.Read(dir)
		if err != nil {
			return err
		}
		if err := f(dir, m); err != nil {
			return err
		}
	}
	return nil
}

// shown returns how a file is named to people.
func shown(path string) string {
	wd, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(wd, path); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return path
}

func newCorpusList() *cobra.Command {
	return corpusCommand("list [packages]", "List the corpus: what is expected of which entry",
		`Findings in testdata/jostle that are no entries are listed as new. Without packages those of ./... are taken. Nothing is
run.`, nil,
		func(k *keeper, ctx context.Context, patterns []string) error {
			return k.corpora(ctx, patterns, func(dir string, m *corpus.Manifest) error {
				for _, e := range m.Entries {
					fmt.Fprintf(k.stdout, "%-6s %s  %s\n", e.Expect, shown(e.Path(dir)), cmp.Or(e.Note, e.Verdict))
				}
				files, err := findingsIn(dir)
				if err != nil {
					return err
				}
				for _, file := range files {
					if m.Find("jostle/"+filepath.Base(file)) != nil {
						continue
					}
					f, err := finding.Read(file)
					if err != nil {
						return err
					}
					fmt.Fprintf(k.stdout, "%-6s %s  %s\n", "new", shown(file), headline(f.Report))
				}
				return nil
			})
		})
}

// findingsIn returns the files of the findings of the package in a directory, in it and in the cache. A finding that is in both is
// taken from the package.
func findingsIn(dir string) ([]string, error) {
	files, err := glob(dir, finding.Dir+"/*"+finding.Suffix)
	if err != nil {
		return nil, err
	}
	cache, err := cachedir.Findings()
	if err != nil {
		return nil, err
	}
	elsewhere, err := glob(finding.Elsewhere(dir, cache), "*"+finding.Suffix)
	for _, file := range elsewhere {
		if !slices.ContainsFunc(files, func(f string) bool { return filepath.Base(f) == filepath.Base(file) }) {
			files = append(files, file)
		}
	}
	return files, err
}

// glob returns the files below a directory whose names match a pattern, which has slashes.
func glob(dir, pattern string) ([]string, error) {
	names, err := fs.Glob(os.DirFS(dir), pattern)
	for i, name := range names {
		names[i] = filepath.Join(dir, filepath.FromSlash(name))
	}
	return names, err
}

// headline returns the first line of a report.
func headline(report string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(report), "\n")
	return line
}

func newCorpusRun() *cobra.Command {
	var pattern string
	c := corpusCommand("run [packages]", "Run the corpus: is what was fixed still fixed, and found what must be found",
		`Each entry is run once, in a process of its own. Without packages the corpora of ./... are run.

An entry is stale if it does as expected and is no longer what it was kept for: decisions of its schedule do not come any more,
or the same bytes make other steps. That is told, and no failure: add it again if it is still worth keeping.
The exit code is 0 if all do as expected, 1 if one does not, 2 if they could not be run.`, nil,
		func(k *keeper, ctx context.Context, patterns []string) error {
			re, err := regexp.Compile(pattern)
			if err != nil {
				return fmt.Errorf("-run %q is no regular expression: %w", pattern, err)
			}
			counts := map[corpus.Result]int{}
			err = k.corpora(ctx, patterns, func(dir string, m *corpus.Manifest) error { return k.run(ctx, dir, m, re, counts) })
			if err != nil {
				return err
			}
			fmt.Fprintf(k.stdout, "corpus: %d ok, %d stale, %d failed\n", counts[corpus.OK], counts[corpus.Stale], counts[corpus.Failed])
			if counts[corpus.Failed] > 0 {
				return errFound
			}
			return nil
		})
	c.Flags().StringVar(&pattern, "run", "", "only entries of the tests and fuzz targets that match this `regexp`")
	return c
}

func (k *keeper) run(ctx context.Context, dir string, m *corpus.Manifest, re *regexp.Regexp, counts map[corpus.Result]int) error {
	var files []keptFile
	var entries []corpus.Entry
	for _, e := range m.Entries {
		f, err := readKeptFile(e.Path(dir), e.Target())
		if err != nil {
			return fmt.Errorf("an entry of %s: %w", shown(corpus.Path(dir)), err)
		}
		if re.MatchString(f.test()) {
			files, entries = append(files, f), append(entries, e)
		}
	}
	outs, err := k.runAll(ctx, dir, files)
	if err != nil {
		return err
	}
	for i, e := range entries {
		result, why := e.Judge(outs[i])
		if why != "" {
			why = ": " + why
		}
		counts[result]++
		fmt.Fprintf(k.stdout, "%-6s %-5s %s%s\n", result, e.Expect, shown(files[i].path), why)
	}
	return nil
}

func newCorpusMinimize() *cobra.Command {
	return corpusCommand("minimize [packages]", "Remove entries that show nothing which others do not",
		`Looked at is which operation on an object comes right after which of another goroutine, and what each entry is: what was fixed or must be
found for another cause is another. Inputs of fuzz targets of harness.Fuzz take part, entries or not; findings that are no entries
do not. What is removed is told. Entries that do not do as expected are left alone.`, nil,
		func(k *keeper, ctx context.Context, patterns []string) error {
			return k.corpora(ctx, patterns, func(dir string, m *corpus.Manifest) error { return k.minimize(ctx, dir, m) })
		})
}

// An item is an entry, or an input that could be one, with what it came to.
type item struct {
	keptFile
	entry *corpus.Entry // nil if it is none
	out   corpus.Outcome
}

func (i *item) candidate() corpus.Candidate {
	features := i.out.Features(i.test())
	if i.entry != nil {
		features = append(features, i.entry.Feature(i.test()))
	}
	return corpus.Candidate{Features: features, Size: i.size}
}

// items returns the entries and the inputs of a package, run.
func (k *keeper) items(ctx context.Context, dir string, m *corpus.Manifest) ([]item, error) {
	var all []item
	for i := range m.Entries {
		e := &m.Entries[i]
		f, err := readKeptFile(e.Path(dir), e.Target())
		if err != nil {
			return nil, err
		}
		all = append(all, item{keptFile: f, entry: e})
	}
	inputs, err := glob(dir, "testdata/fuzz/Fuzz*/*")
	if err != nil {
		return nil, err
	}
	for _, name := range inputs {
		target := filepath.Base(filepath.Dir(name))
		if m.Find("fuzz/"+target+"/"+filepath.Base(name)) != nil {
			continue
		}
		if f, err := readKeptFile(name, target); err == nil { // else it is of another kind of target
			all = append(all, item{keptFile: f})
		}
	}
	return all, k.runItems(ctx, dir, all)
}

func (k *keeper) runItems(ctx context.Context, dir string, all []item) error {
	files := make([]keptFile, len(all))
	for i := range all {
		files[i] = all[i].keptFile
	}
	outs, err := k.runAll(ctx, dir, files)
	if err != nil {
		return err
	}
	for i := range all {
		all[i].out = outs[i]
	}
	return nil
}

func (k *keeper) minimize(ctx context.Context, dir string, m *corpus.Manifest) error {
	all, err := k.items(ctx, dir, m)
	if err != nil {
		return err
	}
	candidates := make([]corpus.Candidate, len(all))
	for i, it := range all {
		candidates[i] = it.candidate()
		if it.out.Verdict == "" {
			candidates[i].Kept = true
		} else if it.entry != nil {
			r, _ := it.entry.Judge(it.out)
			candidates[i].Kept = r == corpus.Failed
		}
	}
	chosen := corpus.Cover(candidates)
	var gone []string
	left := corpus.Manifest{Entries: slices.Clone(m.Entries)}
	for i, it := range all {
		if slices.Contains(chosen, i) {
			continue
		}
		gone = append(gone, it.path)
		if it.entry != nil {
			left.Remove(it.entry.Name)
		}
	}
	if len(left.Entries) < len(m.Entries) {
		if err := left.Write(dir); err != nil {
			return err
		}
	}
	for _, name := range gone {
		if err := os.Remove(name); err != nil {
			return err
		}
		fmt.Fprintln(k.stdout, "removed", shown(name))
	}
	if len(all) > 0 {
		fmt.Fprintf(k.stdout, "%s: %d of %d are enough\n", shown(dir), len(chosen), len(all))
	}
	return nil
}

func newCorpusExport() *cobra.Command {
	return &cobra.Command{
		Use: "export testdata/fuzz/FuzzX dir", Short: "Write the inputs of a fuzz target as the raw files that libFuzzer takes",
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			return convert(c.OutOrStdout(), args[:1], args[1], func(name string, content []byte) (string, []byte, error) {
				data, err := corpus.Decode(content)
				return name, data, err
			})
		},
	}
}

func newCorpusImport() *cobra.Command {
	return &cobra.Command{
		Use: "import dir-or-file... testdata/fuzz/FuzzX", Short: "Write raw files, as libFuzzer has them, as inputs of a fuzz target",
		Args: cobra.MinimumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			last := len(args) - 1
			return convert(c.OutOrStdout(), args[:last], args[last], func(_ string, content []byte) (string, []byte, error) {
				return corpus.FileName(content), corpus.Encode(content), nil
			})
		},
	}
}

// filesOf returns the files of a folder; of a file that one.
func filesOf(name string) (files []string, err error) {
	info, err := os.Stat(name)
	if err != nil || !info.IsDir() {
		return []string{name}, err
	}
	entries, err := os.ReadDir(name)
	for _, e := range entries {
		if e.Type().IsRegular() {
			files = append(files, filepath.Join(name, e.Name()))
		}
	}
	return files, err
}

// convert writes files, and those of some folders, into a folder, each as f has it.
func convert(stdout io.Writer, from []string, to string, f func(name string, content []byte) (string, []byte, error)) error {
	written := 0
	for _, given := range from {
		files, err := filesOf(given)
		if err != nil {
			return err
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			name, data, err := f(filepath.Base(file), content)
			if err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			name = filepath.Join(to, name)
			switch there, err := os.ReadFile(name); {
			case err == nil && bytes.Equal(there, data):
				continue
			case err == nil:
				return fmt.Errorf("%s is there already, and is something else", name)
			case !errors.Is(err, fs.ErrNotExist):
				return err
			}
			if err := finding.WriteFile(name, data); err != nil {
				return err
			}
			written++
		}
	}
	_, err := fmt.Fprintf(stdout, "%d written to %s\n", written, to)
	return err
}
