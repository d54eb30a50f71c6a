// Package corpus keeps what was found once as a test: which executions of a package are kept, what each has been, and what is
// expected of it now. It says what became of an entry, and which of many entries are enough.
package corpus

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/jostle-dev/jostle/internal/finding"
)

// File is the name of a package's manifest, in finding.Dir.
const File = "corpus.txt"

// version is the first line of a manifest.
const version = "jostle corpus 1"

// An Expect is what is expected of an entry.
type Expect string

// The expectations.
const (
	Fixed Expect = "fixed" // the execution must pass
	Found Expect = "found" // it must end by the same verdict still: the code is there to be found broken
)

// An Entry is an execution that is kept: a finding of a test, or an input of a fuzz target.
type Entry struct {
	Expect  Expect
	Name    string // of its file, in the package's folder testdata: jostle/TestX-3f2a91c0.jostle, fuzz/FuzzX/eb8a6e5973abac1c
	Verdict string // what it was found for; "pass" for an input of a fuzz target that was kept for its order of things
	Cause   uint64
	Steps   uint64 // hash of the steps that it takes as expected; 0: it has not been seen to do as expected
	Came    int    // decisions of its schedule that came then
	Of      int    // of so many
	Commit  string // at which it was added; "" if that is not known
	Note    string // for people: what it was
}

// Target returns the test or fuzz target that an entry runs, as far as its name says it; "" for a finding.
func (e *Entry) Target() string {
	parts := strings.Split(e.Name, "/")
	if len(parts) == 3 && parts[0] == "fuzz" {
		return parts[1]
	}
	return ""
}

func (e *Entry) line() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s verdict=%s cause=%016x", e.Expect, e.Name, e.Verdict, e.Cause)
	if e.Steps != 0 {
		fmt.Fprintf(&b, " steps=%016x", e.Steps)
	}
	if e.Of != 0 {
		fmt.Fprintf(&b, " came=%d/%d", e.Came, e.Of)
	}
	if e.Commit != "" {
		fmt.Fprintf(&b, " commit=%s", e.Commit)
	}
	if e.Note != "" {
		fmt.Fprintf(&b, " # %s", strings.Join(strings.Fields(e.Note), " "))
	}
	return b.String()
}

func parseLine(line string) (Entry, error) {
	var e Entry
	line, e.Note, _ = strings.Cut(line, " # ")
	words := strings.Fields(line)
	if len(words) < 2 {
		return e, errors.New("an entry is an expectation, a name and what it was: fixed jostle/TestX-3f2a91c0.jostle verdict=deadlock cause=…")
	}
	if e.Expect = Expect(words[0]); e.Expect != Fixed && e.Expect != Found {
		return e, fmt.Errorf("what is expected is %s or %s, not %q", Fixed, Found, words[0])
	}
	e.Name = words[1]
	if !fs.ValidPath(e.Name) || e.Target() == "" && !(strings.HasPrefix(e.Name, "jostle/") && strings.HasSuffix(e.Name, finding.Suffix)) {
		return e, fmt.Errorf("%q is neither jostle/….jostle nor fuzz/FuzzX/… in the folder testdata", e.Name)
	}
	for _, w := range words[2:] {
		name, value, _ := strings.Cut(w, "=")
		var err error
		switch name {
		case "verdict":
			e.Verdict = value
		case "cause":
			e.Cause, err = strconv.ParseUint(value, 16, 64)
		case "steps":
			e.Steps, err = strconv.ParseUint(value, 16, 64)
		case "came":
			came, of, _ := strings.Cut(value, "/")
			var err2 error
			e.Came, err = strconv.Atoi(came)
			e.Of, err2 = strconv.Atoi(of)
			if err = errors.Join(err, err2); err == nil && (e.Came < 0 || e.Came > e.Of) {
				err = fmt.Errorf("%q is no so many of so many", value)
			}
		case "commit":
			e.Commit = value
		default:
			err = fmt.Errorf("%q is not known", w)
		}
		if err != nil {
			return e, fmt.Errorf("%s: %w", name, err)
		}
	}
	if e.Verdict == "" {
		return e, errors.New("its verdict is missing")
	}
	return e, nil
}

// A Manifest is the corpus of a package: its entries, in the order of their names.
type Manifest struct{ Entries []Entry }

// Find returns the entry of a name, nil if there is none.
func (m *Manifest) Find(name string) *Entry {
	for i := range m.Entries {
		if m.Entries[i].Name == name {
			return &m.Entries[i]
		}
	}
	return nil
}

// Put adds an entry, in the place of one of the same name if there is one.
func (m *Manifest) Put(e Entry) {
	if old := m.Find(e.Name); old != nil {
		*old = e
		return
	}
	m.Entries = append(m.Entries, e)
	slices.SortFunc(m.Entries, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
}

// Remove takes an entry out.
func (m *Manifest) Remove(name string) {
	m.Entries = slices.DeleteFunc(m.Entries, func(e Entry) bool { return e.Name == name })
}

// Text returns the manifest as its file has it.
func (m *Manifest) Text() string {
	var b strings.Builder
	b.WriteString(version + "\n")
	for i := range m.Entries {
		b.WriteString(m.Entries[i].line() + "\n")
	}
	return b.String()
}

// Parse reads what Text writes. Empty lines, and those that begin with #, are passed over. Its errors name the line.
func Parse(content string) (*Manifest, error) {
	m := new(Manifest)
	for i, line := range strings.Split(content, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case i == 0 && line != version:
			if strings.HasPrefix(line, "jostle corpus ") {
				return nil, fmt.Errorf("line 1: %q is of another version of jostle; this one reads %q", line, version)
			}
			return nil, fmt.Errorf("line 1: it is no corpus: it does not begin with %q", version)
		case i == 0, line == "", strings.HasPrefix(line, "#"):
			continue
		}
		e, err := parseLine(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		if m.Find(e.Name) != nil {
			return nil, fmt.Errorf("line %d: %s is there twice", i+1, e.Name)
		}
		m.Put(e)
	}
	return m, nil
}

// Path returns the name of the manifest of the package in a directory.
func Path(pkgDir string) string { return filepath.Join(pkgDir, filepath.FromSlash(finding.Dir), File) }

// Path returns the name of the file of an entry of the package in a directory.
func (e *Entry) Path(pkgDir string) string {
	return filepath.Join(pkgDir, "testdata", filepath.FromSlash(e.Name))
}

// Read reads the manifest of the package in a directory; that of a package without one is empty.
func Read(pkgDir string) (*Manifest, error) {
	name := Path(pkgDir)
	content, err := os.ReadFile(name)
	if finding.Absent(err) {
		return new(Manifest), nil
	}
	if err != nil {
		return nil, err
	}
	m, err := Parse(string(content))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// Write writes the manifest of the package in a directory, whole or not at all; one without entries has no file.
func (m *Manifest) Write(pkgDir string) error {
	name := Path(pkgDir)
	if len(m.Entries) == 0 {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	return finding.WriteFile(name, []byte(m.Text()))
}
