package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/jostle-dev/jostle/internal/finding"
)

// An annotator tells GitHub of findings, which shows them beside the code: one workflow command for each. Anywhere else it
// does nothing. It writes to the standard error, which GitHub reads too, so that what goes to the standard output stays what
// go test prints there.
type annotator struct {
	w    io.Writer // nil: nobody reads it
	root string    // of the repository
}

func newAnnotator(stderr io.Writer) annotator {
	if os.Getenv("GITHUB_ACTIONS") != "true" {
		return annotator{}
	}
	return annotator{stderr, os.Getenv("GITHUB_WORKSPACE")}
}

// finding tells of one that is kept in a file, "" if it could not be. pkgDir is the directory of its package, command how people call
// jostle there.
func (a annotator) finding(f *finding.Finding, pkgDir, file, command string) {
	message := f.Test + ": " + headline(f.Report)
	if f.Advice != "" {
		message += "\n" + f.Advice
	}
	if file != "" {
		message += "\nreplay: " + command + " replay " + onScreen(file)
	}
	a.add(pkgDir, f.Place, f.Verdict, f.Rule, message)
}

// target tells of what a fuzz target has found, or of one that has not found what it is there to find.
func (a annotator) target(r fuzzResult) {
	switch {
	case r.verdict != "":
		message := r.target.name + ": " + gist(r.report)
		if r.file != "" {
			message += "\ninput: " + onScreen(filepath.Join(r.target.pkg.Dir, filepath.FromSlash(r.file)))
		}
		a.add(r.target.pkg.Dir, r.at, r.verdict, r.rule, message)
	case r.wants != "":
		a.add(r.target.pkg.Dir, "", "not found", "", fmt.Sprintf("%s did not find what it is there to find: %s", r.target.name, r.wants))
	default:
		a.add(r.target.pkg.Dir, "", "failed", "", r.target.name+" failed: see its output")
	}
}

// add tells of a finding. at is a file and line, relative to pkgDir, or "".
func (a annotator) add(pkgDir, at, verdict, rule, message string) {
	if a.w == nil {
		return
	}
	title := "jostle: " + verdict
	if rule != "-" && rule != "" {
		title += " (rule " + rule + ")"
	}
	properties := "title=" + inProperty.Replace(title)
	if file, line, ok := strings.Cut(at, ":"); ok {
		properties = fmt.Sprintf("file=%s,line=%s,%s", inProperty.Replace(a.relative(filepath.Join(pkgDir, filepath.FromSlash(file)))), line, properties)
	}
	fmt.Fprintf(a.w, "::error %s::%s\n", properties, inMessage.Replace(message))
}

// relative returns a file's name from the root of the repository.
func (a annotator) relative(file string) string {
	if rel, err := filepath.Rel(a.root, file); err == nil && a.root != "" {
		return filepath.ToSlash(rel)
	}
	return filepath.ToSlash(file)
}

// What means something in a workflow command is written otherwise in its message and in its properties.
var (
	inMessage  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	inProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// gist returns of a report what happened and what to change.
func gist(report string) string {
	out, _, _ := strings.Cut(strings.TrimSpace(report), "\n")
	if m := changeSection.FindStringSubmatch(report); m != nil {
		out += "\n" + strings.Join(strings.Fields(m[1]), " ")
	}
	return out
}

var changeSection = regexp.MustCompile(`(?m)^what to change\n((?:  .*\n?)+)`)
