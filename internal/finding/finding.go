// Package finding keeps what was found in files: one small text file a finding, from which it can be replayed by whoever
// has the code, and read by whoever has not.
package finding

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jostle-dev/jostle/internal/access"
	"github.com/jostle-dev/jostle/internal/schedule"
)

// Dir is the folder of a package's directory in which its findings are kept, as a rule (see Folder), and Suffix how their names end.
const (
	Dir    = "testdata/jostle"
	Suffix = ".jostle"
)

// version is the first line of a file. What cannot be read by an older jostle gets another number.
const version = "jostle replay 1"

// A Finding is an execution of a test that is kept.
type Finding struct {
	Package string // import path
	Test    string // name of the test function, session.Qualified if there are two of the name
	Mode    string // "controlled" or "live"
	Module  string // and its version, of jostle and of Go: for people
	Jostle  string
	Go      string
	Race    bool // found with the race detector
	Machine bool // sockets were the machine's, and none in memory

	Directory string // of the package, if the file does not lie in it; see Folder

	Verdict string // one word
	Rule    string // "1" to "4", or "-"
	Place   string // file and line that it is about, relative to the package's directory; "" if there is none
	Cause   uint64 // the same for every schedule that leads to the same cycle at the same places
	Root    uint64 // the same for all findings that one change would end, as far as can be seen: see verdict.Root; 0 if it is not known
	Trace   uint64 // hash of the execution's steps
	Found   string // by which execution and strategy
	Warm    int    // plain executions that come before, in the same process
	Plain   uint64 // Trace of the plain run, to tell whether an execution has left something behind
	Seed    uint64 // of live mode
	Points  int    // of live mode: about how many sync points there are
	Delays  Delays // of live mode

	Schedule schedule.Keyed
	Places   access.Places // at which plain loads and stores were sync points; their pairs are not kept

	Passing    schedule.Keyed // the schedule of the nearest execution that passes,
	Passes     bool           // if there is one
	Inevitable Inevitable

	Facts  string // what the verdict says, in words that outlive edits of the code: see verdict.Facts
	Advice string // what to change, in one line; "" if there is nothing to say
	Report string // as it was printed
}

// Inevitable is since when an execution could not end well any more, as far as was tried.
type Inevitable struct {
	Step  int  // the first after the decision that led there; 0: there was none, and no schedule passes
	Tried int  // continuations, of which none passes; 0: it is not known
	All   bool // there are no others
}

// outputHead is the line of a report after which it has what the test printed.
const outputHead = "output of this execution"

// WithOutput returns a report with what the test printed at its end.
func WithOutput(report, output string) string {
	return report + "\n" + outputHead + "\n" + strings.TrimRight(output, "\n") + "\n"
}

// Output returns the end of the report that has what the test printed, and a line that says so; "" if it has none.
func (f *Finding) Output() string {
	if i := strings.Index("\n"+f.Report, "\n"+outputHead+"\n"); i >= 0 {
		return f.Report[i:]
	}
	return ""
}

// Kin returns what findings have in common that are told together: their root, or their cause if that is all that is known.
func (f *Finding) Kin() uint64 { return cmp.Or(f.Root, f.Cause) }

// Name returns the name of the finding's file in its folder: findings of one cause have one name.
func (f *Finding) Name() string {
	test := strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r == ' ' || r == ':' {
			return '_'
		}
		return r
	}, f.Test)
	return fmt.Sprintf("%s-%08x%s", test, uint32(f.Cause>>32), Suffix)
}

// Sweep removes from a folder for findings what a process that was killed may have left there.
func Sweep(dir string) {
	left, _ := filepath.Glob(filepath.Join(dir, ".new-*"))
	for _, name := range left {
		if info, err := os.Stat(name); err == nil && time.Since(info.ModTime()) > time.Minute {
			_ = os.Remove(name)
		}
	}
}

// field is a line of a file's head.
type field struct {
	name string
	get  func(*Finding) string
	set  func(*Finding, string) error
}

func text(name string, at func(*Finding) *string) field {
	return field{name, func(f *Finding) string { return *at(f) }, func(f *Finding, s string) error {
		*at(f) = s
		return nil
	}}
}

func hex(name string, at func(*Finding) *uint64) field {
	return field{name, func(f *Finding) string { return fmt.Sprintf("%016x", *at(f)) }, func(f *Finding, s string) (err error) {
		*at(f), err = strconv.ParseUint(s, 16, 64)
		return err
	}}
}

// ofMachine is what a file says of sockets that are not in memory.
const ofMachine = "of the machine"

var fields = []field{
	text("package", func(f *Finding) *string { return &f.Package }),
	text("test", func(f *Finding) *string { return &f.Test }),
	text("directory", func(f *Finding) *string { return &f.Directory }),
	text("mode", func(f *Finding) *string { return &f.Mode }),
	{"sockets", func(f *Finding) string {
		if f.Machine {
			return ofMachine
		}
		return ""
	}, func(f *Finding, s string) error {
		f.Machine = s == ofMachine
		return nil
	}},
	text("verdict", func(f *Finding) *string { return &f.Verdict }),
	text("rule", func(f *Finding) *string { return &f.Rule }),
	text("at", func(f *Finding) *string { return &f.Place }),
	text("advice", func(f *Finding) *string { return &f.Advice }),
	hex("cause", func(f *Finding) *uint64 { return &f.Cause }),
	{"root", func(f *Finding) string {
		if f.Root == 0 {
			return "" // of an older jostle
		}
		return fmt.Sprintf("%016x", f.Root)
	}, func(f *Finding, s string) (err error) {
		f.Root, err = strconv.ParseUint(s, 16, 64)
		return err
	}},
	hex("trace", func(f *Finding) *uint64 { return &f.Trace }),
	hex("plain", func(f *Finding) *uint64 { return &f.Plain }),
	text("found by", func(f *Finding) *string { return &f.Found }),
	{"warm-up", func(f *Finding) string { return strconv.Itoa(f.Warm) }, func(f *Finding, s string) (err error) {
		f.Warm, err = strconv.Atoi(s)
		return err
	}},
	{"sync points", func(f *Finding) string { return strconv.Itoa(f.Points) }, func(f *Finding, s string) (err error) {
		f.Points, err = strconv.Atoi(s)
		return err
	}},
	{"race", func(f *Finding) string { return strconv.FormatBool(f.Race) }, func(f *Finding, s string) (err error) {
		f.Race, err = strconv.ParseBool(s)
		return err
	}},
	hex("seed", func(f *Finding) *uint64 { return &f.Seed }),
	{"passing", (*Finding).passing, (*Finding).setPassing},
	{"inevitable", func(f *Finding) string { return f.Inevitable.text() }, func(f *Finding, s string) error { return f.Inevitable.parse(s) }},
	text("module", func(f *Finding) *string { return &f.Module }),
	text("jostle", func(f *Finding) *string { return &f.Jostle }),
	text("go", func(f *Finding) *string { return &f.Go }),
}

// plainPasses is what a file says if the nearest execution that passes is the plain run.
const plainPasses = "plain run"

// passing returns the schedule that passes in one line: it is no part of the finding's, and an older jostle passes over it.
func (f *Finding) passing() string {
	switch {
	case !f.Passes:
		return ""
	case len(f.Passing) == 0:
		return plainPasses
	}
	bare := slices.Clone(f.Passing)
	for i := range bare {
		bare[i].Note = ""
	}
	return strings.ReplaceAll(strings.TrimSpace(bare.Text()), "\n", "; ")
}

func (f *Finding) setPassing(s string) (err error) {
	if f.Passes = true; s != plainPasses {
		f.Passing, err = schedule.ParseKeyed(strings.ReplaceAll(s, ";", "\n"))
	}
	return err
}

// allTried is what a file says if no other continuations are possible.
const allTried = "all"

func (i *Inevitable) text() string {
	if i.Tried == 0 {
		return ""
	}
	s := fmt.Sprintf("step %d, tried %d", i.Step, i.Tried)
	if i.All {
		s += ", " + allTried
	}
	return s
}

func (i *Inevitable) parse(s string) error {
	s, i.All = strings.CutSuffix(s, ", "+allTried)
	if _, err := fmt.Sscanf(s, "step %d, tried %d", &i.Step, &i.Tried); err != nil || i.Step < 0 || i.Tried < 1 {
		return fmt.Errorf("%q does not say since which step", s)
	}
	return nil
}

const (
	scheduleHead = "schedule:"
	factsHead    = "facts:"
	delaysHead   = "delays:"
	placesHead   = "places:"
	reportHead   = "report:"
)

// Text returns the finding as its file has it.
func (f *Finding) Text() string {
	var b strings.Builder
	b.WriteString(version + "\n")
	for _, d := range fields {
		if v := d.get(f); v != "" {
			fmt.Fprintf(&b, "%s: %s\n", d.name, oneLine(v))
		}
	}
	b.WriteString("\n" + scheduleHead + "\n" + f.Schedule.Text())
	if !f.Places.Empty() {
		b.WriteString("\n" + placesHead + "\n" + lines(f.Places))
	}
	if !f.Delays.Empty() {
		b.WriteString("\n" + delaysHead + "\n" + f.Delays.Text())
	}
	if f.Facts != "" {
		b.WriteString("\n" + factsHead + "\n" + strings.TrimRight(f.Facts, "\n") + "\n")
	}
	if f.Report != "" {
		b.WriteString("\n" + reportHead + "\n" + strings.TrimRight(f.Report, "\n") + "\n")
	}
	return b.String()
}

// Parse reads what Text writes. Its errors name the line.
func Parse(content string) (*Finding, error) {
	f := new(Finding)
	lines := strings.Split(content, "\n")
	if got := strings.TrimSpace(lines[0]); got != version {
		if strings.HasPrefix(got, "jostle replay ") {
			return nil, fmt.Errorf("line 1: %q is of another version of jostle; this one reads %q", got, version)
		}
		return nil, fmt.Errorf("line 1: it is no replay file: it does not begin with %q", version)
	}
	i := 1
	for ; i < len(lines) && strings.TrimSpace(lines[i]) != scheduleHead; i++ {
		line := strings.TrimSpace(lines[i])
		if line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return nil, fmt.Errorf("line %d: %q is no \"name: value\"", i+1, line)
		}
		if err := f.set(name, strings.TrimSpace(value)); err != nil {
			return nil, fmt.Errorf("line %d: %s: %w", i+1, name, err)
		}
	}
	if i == len(lines) {
		return nil, fmt.Errorf("line %d: the file ends before its schedule: a line %q is missing", i, scheduleHead)
	}
	rest, report := section(lines[i+1:], reportHead)
	rest, facts := section(rest, factsHead)
	rest, delays := section(rest, delaysHead)
	rest, places := section(rest, placesHead)
	f.Facts, f.Report = facts, report
	var err error
	if f.Delays, err = ParseDelays(delays); err != nil {
		return nil, fmt.Errorf("delays: %w", err)
	}
	if f.Places, err = parseLines(places); err != nil {
		return nil, fmt.Errorf("places: %w", err)
	}
	if f.Schedule, err = schedule.ParseKeyed(strings.Join(rest, "\n")); err != nil {
		return nil, fmt.Errorf("schedule, %w", err)
	}
	if f.Test == "" || f.Package == "" {
		return nil, errors.New("it does not say which test of which package it replays")
	}
	return f, nil
}

// section cuts the section off lines that begins with a line head, and returns its text, "" if there is none.
func section(lines []string, head string) (before []string, text string) {
	for i, l := range lines {
		if strings.TrimSpace(l) == head {
			return lines[:i], strings.Trim(strings.Join(lines[i+1:], "\n"), "\n")
		}
	}
	return lines, ""
}

func (f *Finding) set(name, value string) error {
	for _, d := range fields {
		if d.name == name {
			return d.set(f, value)
		}
	}
	return nil // of a later jostle of the same version: nothing that matters for the replay
}

// Read reads a file.
func Read(name string) (*Finding, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	f, err := Parse(string(content))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

// Write puts the finding into its file in the folder dir, which is made if need be, and returns the file's name. The file
// is there whole or not at all, whenever the process ends.
func (f *Finding) Write(dir string) (string, error) {
	name := filepath.Join(dir, f.Name())
	if err := WriteFile(name, []byte(f.Text())); err != nil {
		return "", fmt.Errorf("keep a finding: %w", err)
	}
	return name, nil
}

// WriteFile writes a file, whole or not at all, whenever the process ends. Its folder is made if need be. What is there and is no
// regular file, a device or a pipe, is written to.
func WriteFile(name string, content []byte) error {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(name, content, 0o644)
	}
	dir, base := filepath.Dir(name), filepath.Base(name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	temp := filepath.Join(dir, fmt.Sprintf(".new-%d-%s", os.Getpid(), base))
	defer os.Remove(temp)
	if err := create(temp, content); err != nil {
		return err
	}
	return os.Rename(temp, name)
}
