package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jostle-dev/jostle/internal/campaign"
	"github.com/jostle-dev/jostle/internal/corpus"
	"github.com/jostle-dev/jostle/internal/finding"
	"github.com/jostle-dev/jostle/internal/manifest"
	"github.com/jostle-dev/jostle/internal/page"
	"github.com/jostle-dev/jostle/internal/report"
)

func newReport() *cobra.Command {
	var build buildFlags
	var html, asJSON, sarif string
	var merge bool
	c := &cobra.Command{
		Use:   "report [files or packages ...] | report -merge folder-or-file...",
		Short: "Show what was found: on a page, as JSON or SARIF, or as text",
		Long: `Show what tests and fuzz targets have found: every finding in testdata/jostle of the packages, or in the cache for packages
in whose directories nothing can be written, and of the inputs in
testdata/fuzz of targets of harness.Fuzz one for each cause, the shortest. Or those that are named; without arguments
those of ./... are taken. Each is run again, a few times in processes of its own, so that the report shows what the code does
now. Of inputs those that pass are no findings. One that cannot be reproduced any more stands there with what its file says; one of a package's corpus that passes because it
was fixed (jostle corpus) does not.

-merge makes one report of what several jobs have found, the shards of "jostle test -shard" say: the folders, and all below them, are
looked through for findings, inputs and reports that "jostle report -json" has written. Of each cause one finding stays: of files
the shortest that is reproduced here, in its package of ./...; of reports, which are not run again, the shortest. A file counts
more than a report. The folders stay as they are, and nothing is written to the packages: that is what jostle corpus merge does.

-html writes one page that needs nothing else: the findings with filters, who waits for whom as a picture, each goroutine's
steps on a time line, the run that passes beside the one that does not. -json writes the same as data; docs/report.md says what
is in it. -sarif writes what code scanning services read. Without any of them the reports are printed.

The exit code is 0 if the report was written, whatever is in it, and 2 if it could not be.`,
		Example: "\tjostle report -html findings.html\n\tjostle report -json - ./ingest | jq '.findings[].headline'\n" +
			"\tjostle report -merge shard-1 shard-2 -sarif jostle.sarif",
		RunE: func(c *cobra.Command, args []string) error {
			return withKeeper(c, build, func(k *keeper) error {
				r := reporter{keeper: k, fixed: map[string]bool{}}
				document := r.document
				if merge {
					document = r.merged
				}
				d, err := document(c.Context(), args)
				if err != nil {
					return err
				}
				outputs := []struct {
					name  string
					write func(*report.Document, io.Writer) error
				}{
					{html, page.Write},
					{asJSON, (*report.Document).WriteJSON},
					{sarif, func(d *report.Document, w io.Writer) error { return d.WriteSARIF(w, r.base) }},
				}
				written := false
				for _, o := range outputs {
					if o.name == "" {
						continue
					}
					written = true
					if err := r.write(o.name, func(w io.Writer) error { return o.write(d, w) }); err != nil {
						return err
					}
				}
				if written {
					return nil
				}
				return r.print(d)
			})
		},
	}
	build.register(c)
	c.Flags().BoolVar(&merge, "merge", false, "make one report of what several jobs have found, from folders and files")
	c.Flags().StringVar(&html, "html", "", "write a page to this `file`; - for the standard output")
	c.Flags().StringVar(&sarif, "sarif", "", "write the findings as SARIF 2.1.0 to this `file`; - for the standard output")
	c.Flags().StringVar(&asJSON, "json", "", "write the report as data to this `file`; - for the standard output")
	return c
}

// A reporter makes the report of what was found.
type reporter struct {
	command string // how people call jostle in the modules of the findings; "" as long as none was built
	*keeper
	base  string          // where the module of the findings lies in its repository
	fixed map[string]bool // files that the corpora of packages have as such
}

// reportTimes is how often each finding is run again.
const reportTimes = 3

func newDocument() *report.Document {
	return &report.Document{
		Version: report.DocumentVersion, Tool: strings.TrimSpace("jostle " + toolVersion()), Go: runtime.Version(), Findings: []*report.Finding{},
	}
}

// document replays findings and returns what came of it.
func (r *reporter) document(ctx context.Context, args []string) (*report.Document, error) {
	all, err := r.files(ctx, args)
	if err != nil {
		return nil, err
	}
	d := newDocument()
	d.Findings, err = r.replayAll(ctx, all)
	return d, err
}

// A filed finding is one in a file, or an input of a fuzz target that may be one.
type filed struct {
	keptFile
	dir  string // of its package; "" if that is not known
	home string // where its file lies in its package, or would
}

// A group are findings that one test binary replays.
type group struct {
	pkg, dir string
	needs
}

func (g group) compare(h group) int {
	return strings.Compare(fmt.Sprint(g.pkg, "\x00", g.dir, g.needs), fmt.Sprint(h.pkg, "\x00", h.dir, h.needs))
}

// files returns what is asked for.
func (r *reporter) files(ctx context.Context, args []string) ([]filed, error) {
	var files, patterns []string
	for _, a := range args {
		if info, err := os.Stat(a); strings.HasSuffix(a, finding.Suffix) || err == nil && !info.IsDir() {
			files = append(files, a)
		} else {
			patterns = append(patterns, a)
		}
	}
	if len(args) == 0 {
		patterns = []string{"./..."}
	}
	if len(patterns) > 0 {
		err := r.corpora(ctx, patterns, func(dir string, m *corpus.Manifest) error {
			in, err := findingsIn(dir)
			if err != nil {
				return err
			}
			inputs, err := inputsIn(dir)
			files = append(append(files, in...), inputs...)
			for _, e := range m.Entries {
				r.fixed[e.Path(dir)] = e.Expect == corpus.Fixed
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	for i, f := range files {
		abs, err := filepath.Abs(f)
		if err != nil {
			return nil, err
		}
		files[i] = abs
	}
	slices.Sort(files)
	var all []filed
	for _, name := range slices.Compact(files) {
		k, dir, err := keptAt(name)
		if err != nil {
			return nil, err
		}
		all = append(all, filed{k, dir, name})
	}
	return all, nil
}

// inputsIn returns the inputs of the fuzz targets of harness.Fuzz of the package in a directory.
func inputsIn(dir string) ([]string, error) {
	inputs, err := glob(dir, "testdata/fuzz/Fuzz*/*")
	if err != nil {
		return nil, err
	}
	inputs = slices.DeleteFunc(inputs, func(name string) bool {
		_, err := readKeptFile(name, filepath.Base(filepath.Dir(name)))
		return err != nil // it is of another kind of target
	})
	if len(inputs) == 0 {
		return nil, nil
	}
	if ours, err := usesHarness(dir); !ours {
		return nil, err
	}
	return inputs, nil
}

// usesHarness reports whether the tests of the package in a directory import harness. Targets of others may have thousands of
// inputs, which would all have to be run to be known as such.
func usesHarness(dir string) (bool, error) {
	tests, err := glob(dir, "*_test.go")
	if err != nil {
		return false, err
	}
	for _, name := range tests {
		content, err := os.ReadFile(name)
		if err != nil {
			return false, err
		}
		if strings.Contains(string(content), `"github.com/jostle-dev/jostle/harness"`) {
			return true, nil
		}
	}
	return false, nil
}

// replayAll runs findings again.
func (r *reporter) replayAll(ctx context.Context, all []filed) ([]*report.Finding, error) {
	groups := map[group][]filed{}
	inputs := map[string][]filed{} // by package
	for _, k := range all {
		if k.f == nil {
			inputs[k.dir] = append(inputs[k.dir], k)
			continue
		}
		g := group{k.f.Package, k.dir, needsOf(k.f)}
		groups[g] = append(groups[g], k)
	}
	for _, dir := range slices.Sorted(maps.Keys(inputs)) {
		found, err := r.inputs(ctx, dir, inputs[dir])
		if err != nil {
			return nil, err
		}
		for _, k := range found {
			g := group{k.f.Package, dir, needs{race: r.build.race}}
			groups[g] = append(groups[g], k)
		}
	}
	out := []*report.Finding{}
	for _, g := range slices.SortedFunc(maps.Keys(groups), group.compare) {
		for _, k := range groups[g] {
			f, err := r.replay(ctx, g, k)
			if err != nil {
				return nil, err
			}
			if f != nil {
				r.identify(f, k)
				fmt.Fprintf(r.stderr, "%s: %s\n", strings.TrimPrefix(k.target+"/"+filepath.Base(k.home), "/"), f.Reproduced)
				out = append(out, f)
			}
		}
	}
	return out, nil
}

// inputs runs inputs of fuzz targets of the package in a directory, and returns of those that find something one for each cause, the
// shortest, as a finding.
func (r *reporter) inputs(ctx context.Context, dir string, all []filed) ([]filed, error) {
	files := make([]keptFile, len(all))
	for i, k := range all {
		files[i] = k.keptFile
	}
	outs, err := r.runAll(ctx, dir, files)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		fmt.Fprintf(r.stderr, "%s: %d inputs of fuzz targets could not be run: %v\n", shown(dir), len(all), err)
		return nil, nil
	}
	b, err := r.binary(ctx, dir, needs{})
	if err != nil {
		return nil, err
	}
	said := map[string]bool{}
	for i := range all {
		if outs[i].Verdict == "" && !said[files[i].target] { // it is not of harness.Fuzz, and so are the others
			said[files[i].target] = true
			fmt.Fprintf(r.stderr, "%s: %s did not run: %s\n", shown(files[i].path), files[i].target, lastLine(outs[i].Output))
		}
		files[i].f = files[i].as(b.Binary, outs[i])
		files[i].f.Race = r.build.race
	}
	files = slices.DeleteFunc(files, func(k keptFile) bool { return k.f.Verdict == "" || k.f.Verdict == "pass" })
	var found []filed
	for _, same := range byCause(files) {
		i := slices.IndexFunc(all, func(k filed) bool { return k.path == same[0].path })
		found = append(found, filed{same[0], dir, all[i].home})
	}
	return found, nil
}

// replay runs a finding again; nil is one that is as it should be.
func (r *reporter) replay(ctx context.Context, g group, k filed) (*report.Finding, error) {
	if k.f.Mode == string(campaign.Live) {
		f := fromFile(k.f)
		f.Reproduced = &report.Reproduced{Note: "it comes of a live run, which no schedule repeats, and was not run again"}
		return f, nil
	}
	b, err := r.binaryOf(ctx, g)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil { // the code does not build any more
		f := fromFile(k.f)
		f.Reproduced = &report.Reproduced{Note: "its package could not be built: " + err.Error()}
		return f, nil
	}
	c := campaign.Config{Env: b.env, Parallel: runtime.GOMAXPROCS(0), Race: r.build.race || g.race, Leaks: true, Document: true}
	replay, err := campaign.ReplayFinding(ctx, c, b.Binary, k.f, k.path, reportTimes)
	if err != nil {
		return nil, err
	}
	if r.fixed[k.path] && replay.Verdicts["pass"] == replay.Times {
		return nil, nil
	}
	return describeReplay(k.f, replay), nil
}

// binaryOf builds what replays a group.
func (r *reporter) binaryOf(ctx context.Context, g group) (*keptBinary, error) {
	dir := g.dir
	if dir == "" { // its files lie elsewhere: the package is looked for from here
		dirs, err := r.build.dirs(ctx, []string{g.pkg})
		if err != nil {
			return nil, err
		}
		dir = dirs[0]
	}
	b, err := r.binary(ctx, dir, g.needs)
	if err != nil {
		return nil, err
	}
	r.command = b.Command
	if b.Package != g.pkg {
		return nil, fmt.Errorf("it is of the package %s, and here is %s: run it in its module, or from its place in %s of its package", g.pkg, b.Package, finding.Dir)
	}
	return b, nil
}

// describeReplay returns a finding as it was when it was run again; if it was not reproduced, what its file says.
func describeReplay(f *finding.Finding, r campaign.Replay) *report.Finding {
	out := r.Finding
	if r.Reproduced == 0 || out == nil {
		out = fromFile(f)
	}
	out.Reproduced = &report.Reproduced{Of: r.Times, Times: r.Reproduced, Same: r.Same}
	missed := map[string]bool{}
	var notes []string
	for _, v := range slices.Sorted(maps.Keys(r.Verdicts)) {
		what := "it ended otherwise, " + v
		if v == "pass" {
			what = "the test passes"
		}
		notes = append(notes, fmt.Sprintf("%s, %d of %d times", what, r.Verdicts[v], r.Times))
	}
	for _, d := range r.Missed {
		missed[d.Note] = true
		notes = append(notes, "the code changed here: "+campaign.Code(d)+" did not come")
	}
	out.Reproduced.Note = strings.Join(notes, "; ")
	for _, d := range f.Schedule {
		out.Departures = append(out.Departures, report.Departure{Text: d.Note, Missed: missed[d.Note]})
	}
	return out
}

// fromFile returns what the file of a finding says.
func fromFile(f *finding.Finding) *report.Finding {
	word, _, _ := strings.Cut(f.Verdict, "-(rule")
	out := &report.Finding{Verdict: word, Report: f.Report}
	out.Rule, _ = strconv.Atoi(f.Rule) // "-" is none
	out.RuleText = report.RuleText(out.Rule)
	out.Headline, _, _ = strings.Cut(f.Report, "\n")
	if _, rest, ok := strings.Cut(out.Headline, ": "); ok {
		out.Headline, _, _ = strings.Cut(rest, " (rule ")
	}
	return out
}

// identify says which finding it is.
func (r *reporter) identify(f *report.Finding, k filed) {
	f.Package, f.Module, f.Test, f.Mode, f.Race = k.f.Package, k.f.Module, k.f.Test, k.f.Mode, k.f.Race
	f.Cause, f.FoundBy = fmt.Sprintf("%016x", k.f.Cause), k.f.Found
	f.Root = cmp.Or(f.Root, fmt.Sprintf("%016x", k.f.Kin()))
	f.Report = report.Portable(cmp.Or(k.dir, filepath.Dir(k.home)), f.Report)
	if _, lies := packageOf(k.home); !lies && k.f.Directory != "" { // it is kept away from its package
		f.File = filepath.ToSlash(k.home)
	} else {
		f.File = report.FileName(filepath.Dir(k.home), k.home)
		r.base = baseOf(k.home, f.File)
	}
	if file, line, ok := strings.Cut(k.f.Place, ":"); ok && k.dir != "" && f.At == nil {
		n, _ := strconv.Atoi(line)
		f.At = &report.Place{File: report.FileName(k.dir, filepath.Join(k.dir, filepath.FromSlash(file))), Line: n}
	}
	f.Replay = cmp.Or(r.command, manifest.Command) + " replay " + f.File
}

// baseOf returns where the root of a module lies in its repository: file, which is below both, is named from the module.
func baseOf(file, inModule string) string {
	root, ok := strings.CutSuffix(filepath.ToSlash(file), "/"+inModule)
	if !ok {
		return ""
	}
	for dir := filepath.FromSlash(root); ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
			rel, err := filepath.Rel(dir, filepath.FromSlash(root))
			if err != nil || rel == "." {
				return ""
			}
			return filepath.ToSlash(rel)
		}
		if filepath.Dir(dir) == dir {
			return ""
		}
	}
}

// write has a file written whole or not at all.
func (r *reporter) write(name string, f func(io.Writer) error) error {
	if name == "-" {
		return f(r.stdout)
	}
	var content bytes.Buffer
	if err := f(&content); err != nil {
		return err
	}
	_, err := os.Stat(filepath.Dir(name)) // a slip of the pen makes no folders
	if err == nil {
		err = finding.WriteFile(name, content.Bytes())
	}
	if err != nil {
		return fmt.Errorf("write the report to %s: %w", name, err)
	}
	return nil
}

// print prints the reports as text.
func (r *reporter) print(d *report.Document) error {
	screen := painted(r.stdout)
	if len(d.Findings) == 0 {
		fmt.Fprintln(screen, "no findings")
	}
	for i, f := range d.Findings {
		if i > 0 {
			fmt.Fprintln(screen)
		}
		if _, err := fmt.Fprintf(screen, "%s %s (%s)\n%s\n\nreplay\n  %s\n", f.Package, f.Test, f.Reproduced, strings.TrimRight(f.Report, "\n"), f.Replay); err != nil {
			return err
		}
	}
	return nil
}

// toolVersion returns the version of jostle, if that is known.
func toolVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "(devel)" {
		return ""
	}
	return info.Main.Version
}
