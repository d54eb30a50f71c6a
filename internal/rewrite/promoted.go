package rewrite

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"
)

// promotions are methods of locks that are called through interfaces.
var promotions = []string{"Lock", "Unlock", "RLock", "RUnlock"}

// promoted returns declarations that tell package perturb which lock a struct type has its Lock from, and its Unlock, RLock and
// RUnlock, each for itself, for values of it that come as an interface. Types that have parameters, or no package for a scope, cannot be told of.
func (r *rewriter) promoted() string {
	var b strings.Builder
	for _, d := range r.File.Decls {
		d, ok := d.(*ast.GenDecl)
		if !ok || r.isOff(d) {
			continue
		}
		for _, s := range d.Specs {
			s, ok := s.(*ast.TypeSpec)
			if !ok || s.TypeParams != nil || s.Assign.IsValid() || s.Name.Name == "_" {
				continue
			}
			for _, method := range promotions {
				if lock := r.promotedLock(r.Info.Defs[s.Name].Type(), method); lock != "" {
					fmt.Fprintf(&b, "\nvar _ = %s.Promoted(%q, func(x *%s) interface{} { return %s })\n", r.names.perturb, method, s.Name.Name, lock)
				}
			}
		}
	}
	return b.String()
}

// promotedLock returns the lock of x, a pointer to t, that x has a method from, "&x.Mutex" say, or "".
func (r *rewriter) promotedLock(t types.Type, method string) string {
	if types.IsInterface(t) {
		return ""
	}
	obj, index, _ := types.LookupFieldOrMethod(t, true, r.Pkg, method)
	fn, ok := obj.(*types.Func)
	if !ok || len(index) < 2 {
		return ""
	}
	recv := fn.Signature().Recv().Type()
	if !isNamed(deref(recv), "sync", "Mutex") && !isNamed(deref(recv), "sync", "RWMutex") && !isNamed(recv, "sync", "Locker") {
		return ""
	}
	path, typ, _, ok := r.way(t, index)
	if !ok || typ == nil {
		return ""
	}
	if _, isPointer := types.Unalias(typ).(*types.Pointer); !isPointer && !types.IsInterface(typ) {
		return "&x" + path
	}
	return "x" + path
}
