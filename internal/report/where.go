package report

import (
	"fmt"
	"path/filepath"

	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// Where returns the one line of the code that a finding is about, as file and line, the file relative to the directory of the
// package under test: where the first of those who wait blocks, where a panic or an access came from. It lies in the module
// of the package, or in another one of its workspace; "" if there is no such line.
func Where(v *verdict.Verdict, dir string) string {
	f := newFiles(dir)
	mine := func(file string, line int) string {
		if !f.own(file) {
			return ""
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			return ""
		}
		return fmt.Sprintf("%s:%d", filepath.ToSlash(rel), line)
	}
	at := func(s *trace.Site) string {
		if s == nil {
			return ""
		}
		return mine(s.File, int(s.Line))
	}
	printed := func(p string) string { // by the runtime
		file, line, ok := cutLine(p)
		if !ok {
			return ""
		}
		return mine(file, line)
	}
	stack := func(text string) string {
		for _, c := range callsOf(text) {
			if m := printed(c.at); m != "" {
				return m
			}
		}
		return ""
	}
	user := func(g verdict.Goroutine) string {
		if u := g.User(); u != nil {
			return printed(u.Place)
		}
		return ""
	}
	for _, r := range v.Races {
		for _, a := range r.Accesses {
			if m := printed(a.Place()); m != "" {
				return m
			}
		}
	}
	if m := stack(v.Stack); m != "" {
		return m
	}
	for _, gs := range [][]verdict.Goroutine{v.Knot, v.Others} {
		for _, g := range gs {
			for _, m := range []string{at(g.Site), user(g), printed(g.Place), stack(g.Stack)} {
				if m != "" {
					return m
				}
			}
		}
		for _, g := range gs { // that block in a library
			for _, h := range g.Holds {
				if m := at(h.Site); m != "" {
					return m
				}
			}
			if m := at(g.Spawned); m != "" {
				return m
			}
			for _, p := range g.Calls { // and are started by one
				if m := printed(p); m != "" {
					return m
				}
			}
		}
	}
	return ""
}
