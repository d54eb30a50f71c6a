package campaign

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// A Summary is what became of all tests.
type Summary struct {
	Failed     bool // something was found, or a test fails
	Tests      int  // that ran, with fuzz targets
	Executions int  // of them, live runs among them

	Unbuilt  []string // import paths of packages that do not build
	Findings []Remark // a verdict and what it is about, in a line
	Red      []Remark // tests that fail without control, too
	Live     []Remark // tests that ran live, and why
	Once     []Remark // tests that ran once, without control, and why
	Unseen   []Remark // tests of which not all orders were gone through, if they were to be, and how far that has come
	Unrun    []Remark // tests and fuzz targets that have not run once to their end, and why
	Notes    []Remark // what else there is to know
}

// A Remark is something to know of a test.
type Remark struct {
	Package string // import path
	Test    string // "" if it is about the whole package
	Text    string
	File    string // that it is kept in, or why it is kept in none; "" for what needs none
	Kin     uint64 // of a finding: the same for all that have one root, see finding.Kin
	Late    bool   // of what has not run: the time was over, and that is all
}

func (r Remark) String() string {
	s := r.Package
	if r.Test != "" {
		s += " " + r.Test
	}
	if r.Text != "" {
		s += ": " + r.Text
	}
	return s
}

// summary returns what became of all tests.
func (c *campaign) summary() Summary {
	s := Summary{Failed: slices.ContainsFunc(c.packages, (*pkg).failed)}
	for _, p := range c.packages {
		if p.broken != nil {
			s.Red = append(s.Red, Remark{Package: p.Package, Text: "its tests could not be listed: " + cmp.Or(firstLine(p.broken.output), "it says nothing")})
		}
		about := func(test, text string) Remark {
			return Remark{Package: p.Package, Test: test, Text: strings.TrimSpace(text)}
		}
		unrun := func(test, why string) {
			r := about(test, cmp.Or(why, late))
			r.Late = why == ""
			s.Unrun = append(s.Unrun, r)
		}
		for _, name := range p.natives {
			if p.idle {
				unrun(name, "")
				continue
			}
			s.Tests++
			s.Executions++
		}
		for _, t := range p.tests {
			if t.unrun() {
				unrun(t.name, t.unran)
			} else {
				s.Tests++
				s.Executions += max(t.executions+t.controlled, 1)
			}
			for _, f := range t.confirmed {
				r := about(t.name, headline(f.text()))
				r.Kin = f.Kin()
				if r.File = c.screenName(f.file); f.lost != "" {
					r.File = f.where(c)
				}
				s.Findings = append(s.Findings, r)
			}
			if t.unseen() && !t.unrun() && len(t.confirmed) == 0 {
				s.Unseen = append(s.Unseen, about(t.name, t.seen()+"."))
			}
			switch {
			case t.unrun():
			case t.mode == live && t.c.Mode != Live:
				s.Live = append(s.Live, about(t.name, t.why.String()+"."))
			case t.failed && len(t.confirmed) == 0:
				s.Red = append(s.Red, about(t.name, t.says()))
			case t.mode == native && t.why.kind != unreached: // or else there is nothing in it that a schedule could change
				s.Once = append(s.Once, about(t.name, t.why.String()+"."))
			}
			for _, n := range t.remarks() {
				s.Notes = append(s.Notes, about(t.name, n))
			}
		}
		for _, n := range c.unused(p) {
			s.Notes = append(s.Notes, about("", n))
		}
	}
	return s
}

// unused returns what there is to say of comments of a package, and of lines of its file, that have said of nothing that it is not a
// finding, although all of its tests ran.
func (c *campaign) unused(p *pkg) (notes []string) {
	if c.Run != "" || c.Skip != "" || c.stopped || !c.Leaks || c.Shard.Parts() > 1 {
		return nil
	}
	for _, i := range p.Ignores {
		if c.used[i.place()] {
			continue
		}
		notes = append(notes, fmt.Sprintf("%s:%d: unused %s", c.screenName(i.File), i.Line, i.Text))
	}
	return notes
}

// found prints the findings, and returns of how many roots they come. Those of one root stand together: the first is named with what it
// is, the others with where they are kept.
func (s Summary) found(b *strings.Builder) (roots int) {
	byKin := map[uint64][]Remark{}
	for _, r := range s.Findings {
		byKin[r.Kin] = append(byKin[r.Kin], r)
	}
	if len(s.Findings) > 0 {
		b.WriteString("Found:\n")
	}
	for _, first := range s.Findings {
		kin := byKin[first.Kin]
		if len(kin) == 0 {
			continue // it was printed
		}
		delete(byKin, first.Kin)
		roots++
		fmt.Fprintf(b, "    %s\n        %s\n", strings.ReplaceAll(first.String(), "\n", "\n    "), first.File)
		for _, r := range kin[1:] {
			name := r.Test
			if r.Package != first.Package {
				name = r.Package + " " + name
			}
			file := " " + r.File
			if r.Text != first.Text {
				file = fmt.Sprintf(" %s\n            %s", r.Text, r.File)
			}
			fmt.Fprintf(b, "        the same in %s:%s\n", name, file)
		}
	}
	return roots
}

// most is how many tests that ran in another way than the others are named, unless all are to be.
const most = 10

// Print prints the summary as a paragraph: everything that was found, what ran in another way than the others and why, what
// did not run, and how long it took. With verbose nothing is left out.
func (s Summary) Print(w io.Writer, took time.Duration, verbose bool) error {
	var b strings.Builder
	section := func(title string, remarks []Remark, most int) {
		if len(remarks) == 0 {
			return
		}
		fmt.Fprintf(&b, "%s\n", title)
		for i, r := range remarks {
			if i == most && !verbose {
				fmt.Fprintf(&b, "    and %d more; -v names them\n", len(remarks)-most)
				return
			}
			fmt.Fprintf(&b, "    %s\n", strings.ReplaceAll(r.String(), "\n", "\n    "))
			if r.File != "" {
				fmt.Fprintf(&b, "        %s\n", r.File)
			}
		}
	}
	causes := s.found(&b)
	all := len(s.Findings) + len(s.Red) + len(s.Unrun) + len(s.Unseen) + len(s.Notes)
	section("Failed without control:", s.Red, all)
	var unbuilt []Remark
	for _, p := range s.Unbuilt {
		unbuilt = append(unbuilt, Remark{Package: p})
	}
	section("Not built:", unbuilt, len(unbuilt))
	// That the time was over says nothing of a test; any other reason does.
	told := slices.DeleteFunc(slices.Clone(s.Unrun), func(r Remark) bool { return r.Late })
	left := slices.DeleteFunc(slices.Clone(s.Unrun), func(r Remark) bool { return !r.Late })
	section("Not run:", slices.Concat(told, left), len(told)+most)
	section("Not gone through:", s.Unseen, all)
	section("Run live, where a run that passes proves little:", s.Live, most)
	section("Run once, without control:", s.Once, most)
	section("Notes:", s.Notes, all)
	of := ""
	if causes < len(s.Findings) {
		of = " of " + plural(causes, "kind")
	}
	fmt.Fprintf(&b, "%s%s in %s, %s, %v\n", plural(len(s.Findings), "finding"), of, plural(s.Tests, "test"), plural(s.Executions, "schedule"), took.Round(10*time.Millisecond))
	_, err := io.WriteString(w, "\n"+b.String())
	return err
}
