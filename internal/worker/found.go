package worker

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/finding"
	"github.com/jostle-dev/jostle/internal/goroutines"
	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/report"
	"github.com/jostle-dev/jostle/internal/session"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// found returns what there is to say of a finding, however the test was run.
func (e *explorer) found(out outcome, cause uint64) *finding.Finding {
	f := &finding.Finding{
		Package: e.plan.Package, Test: e.plan.Test, Module: e.plan.Module, Jostle: e.version(), Go: runtime.Version(), Race: e.plan.Race,
		Verdict: out.Kind.Word(), Cause: cause, Directory: e.folder().Package,
		Machine: engine.OfMachine,
	}
	e.describe(f, out)
	return f
}

// describe has a finding, whose test and cause are set, say what an execution that ended by that cause says.
func (e *explorer) describe(f *finding.Finding, out outcome) {
	f.Rule, f.Place, f.Facts, f.Root = ruleNumber(out.Rule), out.place(), out.Facts(), out.Root()
	dir, _ := os.Getwd()
	f.Advice = report.Advice(out.Verdict, report.Options{Dir: dir})
	f.Report = out.text("", e.replayFile(e.folder().File(f.Name())), false)
	if dir := os.Getenv(session.Snapshots); dir != "" && out.snap != nil {
		e.err = cmp.Or(e.err, saveSnapshot(filepath.Join(dir, f.Name()), out.snap))
	}
}

func saveSnapshot(name string, snap *trace.Snapshot) error {
	data, err := verdict.Save(snap, program.Sites(), program.Files())
	if err != nil {
		return err
	}
	return finding.WriteFile(name, data)
}

// screen renders the report of a finding for the screen: files are named from the directory in which the command runs.
func (e *explorer) screen(out outcome, f *finding.Finding) string {
	file := filepath.Join(e.folder().Path, f.Name())
	return out.text(e.base(), e.replayFile(filepath.ToSlash(report.ScreenName(e.base(), file))), false)
}

// folder is where the findings that count are kept.
func (p *Process) folder() finding.Folder {
	dir, _ := os.Getwd() // of the package under test: without it files are named from there
	if p.plan.Kept != "" {
		return finding.Folder{Path: p.plan.Kept, Package: dir}
	}
	return finding.Folder{Path: filepath.Join(dir, filepath.FromSlash(finding.Dir))}
}

// keep writes a finding to the folder for findings, and returns the file's name. If that fails it writes it to the folder of the log:
// the command confirms it from there, and says that it is not kept.
func (e *explorer) keep(f *finding.Finding) (string, error) {
	name, err := f.Write(e.plan.Findings)
	if err == nil || e.plan.Events == "" {
		return name, err
	}
	return f.Write(filepath.Dir(e.plan.Events))
}

// replayFile is the command that replays a finding.
func (p *Process) replayFile(name string) string { return p.command() + " replay " + name }

// text renders the report of an execution, for readers in the directory base, or for a file if that is "".
func (o outcome) text(base, replay string, full bool) string {
	var b strings.Builder
	dir, _ := os.Getwd()                                                                                                                          // of the package under test
	_ = report.Text(&b, o.Verdict, report.Options{Dir: dir, Base: base, Input: o.given(), Story: o.story, Replay: replay, Full: full, Width: 76}) // the command indents it
	if o.log != "" && (o.failed || o.spoken || o.Kind != verdict.Deadlock && o.Kind != verdict.Leak && o.Kind != verdict.Race) {
		return finding.WithOutput(b.String(), goroutines.WithoutCalls(o.log))
	}
	return b.String()
}

// failedTests returns which subtests have failed.
func failedTests(output string) string {
	var names []string
	for _, m := range failure.FindAllStringSubmatch(output, -1) {
		names = append(names, m[1])
	}
	return strings.Join(names, " ")
}

var failure = regexp.MustCompile(`(?m)^\s*\x16?--- FAIL: (\S+) `)

// writeDocument writes an execution as data.
func writeDocument(name string, out outcome) error {
	dir, err := os.Getwd() // of the package under test
	if err != nil {
		return err
	}
	f := report.NewFinding(out.Verdict, report.Options{Dir: dir, Input: out.given(), Story: out.story})
	if file, line, ok := strings.Cut(out.place(), ":"); ok {
		n, _ := strconv.Atoi(line)
		f.At = &report.Place{File: report.FileName(dir, filepath.Join(dir, filepath.FromSlash(file))), Line: n}
	}
	f.Report, f.Output = report.Portable(dir, out.text("", "", false)), report.Portable(dir, out.log)
	content, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return os.WriteFile(name, content, 0o644)
}
