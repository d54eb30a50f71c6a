package main

import (
	"context"
	"errors"
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

	"github.com/jostle-dev/jostle/instrument"
	"github.com/jostle-dev/jostle/internal/campaign"
	"github.com/jostle-dev/jostle/internal/corpus"
	"github.com/jostle-dev/jostle/internal/finding"
	"github.com/jostle-dev/jostle/internal/page"
	"github.com/jostle-dev/jostle/internal/report"
)

func newReport() *cobra.Command {
	var build buildFlags
	var html, asJSON, sarif string
	c := &cobra.Command{
		Use:   "report [file.jostle or packages ...]",
		Short: "Show what was found: on a page, as JSON or SARIF, or as text",
		Long: `Show what tests have found: every finding in testdata/jostle of the packages, or those that are named; without arguments
those of ./... are taken. Each is run again, a few times in processes of its own, so that the report shows what the code does
now. One that cannot be reproduced any more stands there with what its file says; one of a package's corpus that passes because it
was fixed (jostle corpus) does not.

-html writes one page that needs nothing else: the findings with filters, who waits for whom as a picture, each goroutine's
steps on a time line, the run that passes beside the one that does not. -json writes the same as data; docs/report.md says what
is in it. -sarif writes what code scanning services read. Without any of them the reports are printed.

The exit code is 0 if the report was written, whatever is in it, and 2 if it could not be.`,
		Example: "\tgo tool jostle report -html findings.html\n\tgo tool jostle report -json - ./ingest | jq '.findings[].headline'",
		RunE: func(c *cobra.Command, args []string) error {
			r := reporter{build: build, fixed: map[string]bool{}, stdout: c.OutOrStdout(), stderr: c.ErrOrStderr()}
			d, err := r.document(c.Context(), args)
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
		},
	}
	build.register(c)
	c.Flags().StringVar(&html, "html", "", "write a page to this `file`; - for the standard output")
	c.Flags().StringVar(&sarif, "sarif", "", "write the findings as SARIF 2.1.0 to this `file`; - for the standard output")
	c.Flags().StringVar(&asJSON, "json", "", "write the report as data to this `file`; - for the standard output")
	return c
}

// A reporter makes the report of what was found.
type reporter struct {
	build          buildFlags
	stdout, stderr io.Writer
	base           string          // where the module of the findings lies in its repository
	fixed          map[string]bool // files that the corpora of packages have as such
}

// reportTimes is how often each finding is run again.
const reportTimes = 3

// document replays findings and returns what came of it.
func (r *reporter) document(ctx context.Context, args []string) (*report.Document, error) {
	files, err := r.files(ctx, args)
	if err != nil {
		return nil, err
	}
	d := &report.Document{Version: report.DocumentVersion, Tool: strings.TrimSpace("jostle " + toolVersion()), Go: runtime.Version(), Findings: []*report.Finding{}}
	groups := map[group][]kept{}
	for _, name := range files {
		f, err := finding.Read(name)
		if err != nil {
			return nil, err
		}
		g := group{pkg: f.Package, race: f.Race}
		g.dir, _ = packageOf(name)
		groups[g] = append(groups[g], kept{f, name})
	}
	for _, g := range slices.SortedFunc(maps.Keys(groups), group.compare) {
		found, err := r.replayAll(ctx, g, groups[g])
		if err != nil {
			return nil, err
		}
		d.Findings = append(d.Findings, found...)
	}
	return d, nil
}

// A group are findings that one test binary replays.
type group struct {
	pkg, dir string
	race     bool
}

func (g group) compare(h group) int {
	return strings.Compare(fmt.Sprint(g.pkg, "\x00", g.dir, g.race), fmt.Sprint(h.pkg, "\x00", h.dir, h.race))
}

// A kept finding is one in a file.
type kept struct {
	*finding.Finding
	name string
}

// files returns the files of the findings that are asked for.
func (r *reporter) files(ctx context.Context, args []string) ([]string, error) {
	var files, patterns []string
	for _, a := range args {
		if strings.HasSuffix(a, finding.Suffix) {
			files = append(files, a)
		} else {
			patterns = append(patterns, a)
		}
	}
	if len(args) == 0 {
		patterns = []string{"./..."}
	}
	if len(patterns) > 0 {
		dirs, err := r.build.dirs(ctx, patterns)
		if err != nil {
			return nil, err
		}
		for _, dir := range dirs {
			in, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(finding.Dir), "*"+finding.Suffix))
			if err != nil {
				return nil, err
			}
			files = append(files, in...)
			m, err := corpus.Read(dir)
			if err != nil {
				return nil, err
			}
			for _, e := range m.Entries {
				r.fixed[e.Path(dir)] = e.Expect == corpus.Fixed
			}
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
	return slices.Compact(files), nil
}

// replayAll runs findings of one test binary again.
func (r *reporter) replayAll(ctx context.Context, g group, all []kept) ([]*report.Finding, error) {
	dir, err := os.MkdirTemp("", "jostle-report-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	var out []*report.Finding
	var binary *campaign.Binary
	var env map[string]string
	var failed error // the code does not build any more
	for _, k := range all {
		if k.Mode != "live" && binary == nil && failed == nil {
			p := replayer{build: r.build, stderr: r.stderr}
			var res *instrument.Result
			var b campaign.Binary
			if _, res, b, failed = p.prepare(ctx, k.name, dir); failed == nil {
				binary, env = &b, res.Env
			}
			if ctx.Err() != nil {
				return nil, errors.New("interrupted")
			}
		}
		var f *report.Finding
		var note string
		switch {
		case k.Mode == "live":
			note = "it comes of a live run, which no schedule repeats, and was not run again"
		case failed != nil:
			note = "its package could not be built: " + failed.Error()
		default:
			c := campaign.Config{Env: testEnviron(env), Parallel: runtime.GOMAXPROCS(0), Race: r.build.race || k.Race, Leaks: true, Document: true}
			replay, err := campaign.ReplayFinding(ctx, c, *binary, k.name, reportTimes)
			switch {
			case ctx.Err() != nil:
				return nil, errors.New("interrupted")
			case err != nil:
				return nil, err
			}
			if r.fixed[k.name] && replay.Verdicts["pass"] == replay.Times {
				continue // as it should be
			}
			f = describeReplay(k.Finding, replay)
		}
		if f == nil {
			f = fromFile(k.Finding)
			f.Reproduced = &report.Reproduced{Note: note}
		}
		r.identify(f, k)
		fmt.Fprintf(r.stderr, "%s: %s\n", filepath.Base(k.name), f.Reproduced)
		out = append(out, f)
	}
	return out, nil
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
func (r *reporter) identify(f *report.Finding, k kept) {
	f.Package, f.Module, f.Test, f.Mode, f.Race = k.Package, k.Module, k.Test, k.Mode, k.Race
	f.Cause, f.FoundBy = fmt.Sprintf("%016x", k.Cause), k.Found
	f.Report = report.Portable(filepath.Dir(k.name), f.Report)
	f.File = report.FileName(filepath.Dir(k.name), k.name)
	if file, line, ok := strings.Cut(k.Place, ":"); ok {
		if dir, ok := packageOf(k.name); ok {
			n, _ := strconv.Atoi(line)
			f.At = &report.Place{File: report.FileName(dir, filepath.Join(dir, filepath.FromSlash(file))), Line: n}
		}
	}
	r.base = baseOf(k.name, f.File)
	f.Replay = "go tool jostle replay " + f.File
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
	temp := filepath.Join(filepath.Dir(name), fmt.Sprintf(".%s-%d", filepath.Base(name), os.Getpid()))
	file, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	defer os.Remove(temp)
	err = f(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(temp, name)
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
