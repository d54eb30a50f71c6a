// Package harness is what package github.com/jostle-dev/jostle/harness stands for in an instrumented build. Its API and the
// documentation of that are the same, see there; here it has what runs a body.
//
// It lies in the tree as jostle/harness. The package that people import is in a module of its own, which requires nothing: what it
// forwards to cannot be in that module, because the command carries the sources of the tree, and go:embed does not reach into
// another module.
package harness
