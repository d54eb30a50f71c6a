// Package stacks tells the functions of jostle, and those of the standard library, from all others, by how the runtime names them. It is
// part of what runs in executions: what reads whole stacks is package goroutines.
package stacks

// prefixes are what the import paths of jostle's packages begin with: those of its own module, and those that are compiled as
// part of the standard library.
var prefixes = [...]string{"github.com/jostle-dev/jostle/", "jostle/"}

// run are the packages that run executions. Their functions are on the stacks of all goroutines of an execution, and say nothing of
// the code under test.
var run = []string{"harness", "internal/descriptor", "internal/engine", "internal/goroutines", "internal/network", "internal/worker", "perturb", "perturb/nativestack", "perturb/testhook"}

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
		if Begins(rest, p) && Begins(rest[len(p):], ".") {
			return true
		}
	}
	return false
}

// Inside returns the name of a function of jostle without the module: "internal/engine.Self". ok is false if it is not jostle's.
func Inside(function string) (name string, ok bool) {
	for _, p := range prefixes {
		if Begins(function, p) {
			return function[len(p):], true
		}
	}
	return "", false
}

// Begins reports whether a name begins with one of several prefixes.
func Begins(name string, prefixes ...string) bool {
	for _, p := range prefixes {
		if len(name) >= len(p) && name[:len(p)] == p {
			return true
		}
	}
	return false
}
