// Package goenv is about the variables that have the go command build instrumented code, and how they are taken back: what
// runs below an instrumented build, a test that runs the go command say, is to see the environment that the user has.
package goenv

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Env is the environment variable that says what was set, and in the place of what.
const Env = "JOSTLE_USER_ENV"

// A change is the value of Env.
type change struct {
	Set map[string]string  // PATH is not among them
	Was map[string]*string // the same variables before that; nil: not set
	Bin string             // the directory that was put before PATH
	Own string             // what go test puts there for tests
}

// Change returns what to set in an environment, as a list of NAME=value, so that it has the variables in set, and the
// directory bin as the first of PATH. One of the variables that it returns lets Restore undo that. The go command that the
// user has is in the directory own.
func Change(environ []string, set map[string]string, bin, own string) map[string]string {
	c := change{Set: set, Was: map[string]*string{}, Bin: bin, Own: own}
	out := map[string]string{}
	for name, value := range set {
		c.Was[name] = lookup(environ, name)
		out[name] = value
	}
	out["PATH"] = Before(bin, Get(environ, "PATH"))
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // there is nothing in it that cannot be marshalled
	}
	out[Env] = string(text)
	return out
}

// Before returns the value of PATH with a directory more, which is the first.
func Before(dir, path string) string {
	if path == "" {
		return dir
	}
	return dir + string(filepath.ListSeparator) + path
}

// lookup returns the value of a variable, nil if it is not set. Of several the last one counts.
func lookup(environ []string, name string) *string {
	for _, e := range slices.Backward(environ) {
		if is, value, ok := strings.Cut(e, "="); ok && canonical(is) == name {
			return &value
		}
	}
	return nil
}

// canonical returns the name of a variable as it is written here: on Windows Path is PATH.
func canonical(name string) string {
	if runtime.GOOS == "windows" {
		return strings.ToUpper(name)
	}
	return name
}

// Get returns the value of a variable in an environment, "" if it is not set.
func Get(environ []string, name string) string {
	if v := lookup(environ, name); v != nil {
		return *v
	}
	return ""
}

// Restore returns an environment without what Change has set. What was changed since stays: of GOFLAGS the other flags, of
// other variables the new value.
func Restore(environ []string) []string {
	diff, _ := restored(environ)
	var out []string
	for _, e := range environ {
		name, _, _ := strings.Cut(e, "=")
		if _, ok := diff[canonical(name)]; !ok {
			out = append(out, e)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(diff)) {
		if value := diff[name]; value != nil {
			out = append(out, name+"="+*value)
		}
	}
	return out
}

// restored returns the variables that must change for Restore; nil: to be unset.
func restored(environ []string) (diff map[string]*string, c change) {
	text := lookup(environ, Env)
	if text == nil {
		return nil, c
	}
	diff = map[string]*string{Env: nil}
	if json.Unmarshal([]byte(*text), &c) != nil {
		return diff, c
	}
	for name, set := range c.Set {
		switch is := lookup(environ, name); {
		case is == nil:
		case *is == set:
			diff[name] = c.Was[name]
		case name == "GOFLAGS":
			flags := restoredFlags(*is, set, c.Was[name])
			diff[name] = &flags
		}
	}
	if path := lookup(environ, "PATH"); path != nil {
		dirs := slices.DeleteFunc(filepath.SplitList(*path), func(d string) bool { return d == c.Bin })
		left := strings.Join(dirs, string(filepath.ListSeparator))
		diff["PATH"] = &left
	}
	return diff, c
}

// restoredFlags returns flags without those that were added, and with those that were taken away.
func restoredFlags(is, set string, was *string) string {
	before := ""
	if was != nil {
		before = *was
	}
	var out []string
	added, had := SplitFlags(set), SplitFlags(before)
	for _, f := range had {
		if !slices.Contains(added, f) {
			out = append(out, Quote(f))
		}
	}
	for _, f := range SplitFlags(is) {
		if slices.Contains(had, f) || !slices.Contains(added, f) {
			out = append(out, Quote(f))
		}
	}
	return strings.Join(out, " ")
}

// RestoreProcess does what Restore does for this process.
func RestoreProcess() error {
	diff, _ := restored(os.Environ())
	return apply(diff)
}

// RestoreTest does it for a process that runs tests, and lets them see what go test shows to tests: the first of PATH is the
// user's GOROOT's. GODEBUG stays as it is set, because package time reads it whenever it changes.
func RestoreTest() error {
	diff, c := restored(os.Environ())
	delete(diff, "GODEBUG")
	if path := diff["PATH"]; path != nil {
		with := Before(c.Own, *path)
		diff["PATH"] = &with
	}
	return apply(diff)
}

func apply(diff map[string]*string) error {
	for name, value := range diff {
		var err error
		if value == nil {
			err = os.Unsetenv(name)
		} else {
			err = os.Setenv(name, *value)
		}
		if err != nil {
			return fmt.Errorf("take back what jostle env has set: %w", err)
		}
	}
	return nil
}
