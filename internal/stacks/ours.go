// Package stacks tells the functions of jostle from all others, by how the runtime names them.
package stacks

import "strings"

// prefixes are what the import paths of jostle's packages begin with: those of its own module, and those that are compiled as
// part of the standard library.
var prefixes = [...]string{"github.com/jostle-dev/jostle/", "jostle/"}

// run are the packages that run executions. Their functions are on the stacks of all goroutines of an execution, and say nothing of
// the code under test.
var run = []string{"harness", "internal/descriptor", "internal/engine", "internal/network", "internal/worker", "perturb", "perturb/testhook"}

// Ours reports whether a function is one of the packages that run executions. Arguments may follow the function's name.
func Ours(function string) bool { return Of(function, run...) }

// Of reports whether a function is one of these packages of jostle, which are named without the module: "internal/engine". Arguments
// may follow the function's name.
func Of(function string, packages ...string) bool {
	rest, ok := Inside(function)
	if !ok {
		return false
	}
	for _, p := range packages {
		if name, ok := strings.CutPrefix(rest, p); ok && strings.HasPrefix(name, ".") {
			return true
		}
	}
	return false
}

// Inside returns the name of a function of jostle without the module: "internal/engine.Self". ok is false if it is not jostle's.
func Inside(function string) (name string, ok bool) {
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(function, p); ok {
			return rest, true
		}
	}
	return "", false
}

// Calls reports whether one of these functions of jostle, which are named without the module, is on a stack as the runtime prints it.
func Calls(stack string, functions ...string) bool {
	for line := range strings.Lines(stack) {
		name, ok := Inside(line)
		if !ok {
			continue
		}
		for _, f := range functions {
			if args, ok := strings.CutPrefix(name, f); ok && strings.HasPrefix(args, "(") {
				return true
			}
		}
	}
	return false
}
