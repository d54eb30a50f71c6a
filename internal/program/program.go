// Package program is what is known of the program of this process before it runs: the sync points and functions of its instrumented files,
// which register themselves, and the comments that ask for silence. It is part of what runs in executions, and has no words:
// how functions and goroutines are called is said by package goroutines.
package program

import "github.com/jostle-dev/jostle/internal/trace"

// sites are the sync points of the process, a slice for each instrumented file. It is complete before main.
var sites [][]trace.Site

// Register adds the sync points of an instrumented file. For initialisers of package variables only.
func Register(s []trace.Site) {
	if len(s) > 0 && OfLibrary(&s[0]) {
		for i := range s {
			s[i].Library = true
		}
	}
	sites = append(sites, s)
}

// Sites returns the sync points of all instrumented code in the process, a slice for each file. There are none if no
// code is instrumented.
func Sites() [][]trace.Site { return sites }

// files are the instrumented files of the process. It is complete before main.
var files []File

// Relate adds what is known of a file beside its sync points. For initialisers of package variables only.
func Relate(name string, flows []uint64, funcs []Function) {
	files = append(files, File{name, flows, funcs})
}

// Files returns what is known of the instrumented files of the process beside their sync points.
func Files() []File { return files }

// SiteAt returns the first sync point of a line, or nil. file is as stacks have it.
func SiteAt(file string, line int) *trace.Site {
	for _, of := range sites {
		if len(of) == 0 || of[0].File != file {
			continue
		}
		for i := range of {
			if int(of[i].Line) == line {
				return &of[i]
			}
		}
	}
	return nil
}

// SiteOf returns the sync point with a key, or nil.
func SiteOf(key uint64) *trace.Site {
	for _, of := range sites {
		for i := range of {
			if of[i].Key == key {
				return &of[i]
			}
		}
	}
	return nil
}
