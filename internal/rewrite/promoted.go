package rewrite

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"
)

// promotions are pairs of methods that are called through interfaces, with perturb's function that registers who has both
// from an embedded lock.
var promotions = []struct {
	fn   string
	pair [2]string
}{{"Promoted", [2]string{"Lock", "Unlock"}}, {"PromotedReader", [2]string{"RLock", "RUnlock"}}}

// promoted returns declarations that tell package perturb which lock a struct type has its Lock and Unlock from, and its
// RLock and RUnlock, for values of it that come as an interface. Types that have parameters, or no package for a scope, cannot be told of.
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
			for _, p := range promotions {
				if lock := r.promotedLock(r.Info.Defs[s.Name].Type(), p.pair); lock != "" {
					fmt.Fprintf(&b, "\nvar _ = %s.%s(func(x *%s) interface{} { return %s })\n", r.names.perturb, p.fn, s.Name.Name, lock)
				}
			}
		}
	}
	return b.String()
}

// promotedLock returns the lock of x, a pointer to t, that x has a pair of methods from, "&x.Mutex" say, or "".
func (r *rewriter) promotedLock(t types.Type, pair [2]string) string {
	if types.IsInterface(t) {
		return ""
	}
	lock := ""
	for _, name := range pair {
		obj, index, _ := types.LookupFieldOrMethod(t, true, r.Pkg, name)
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
		take := ""
		if _, isPointer := types.Unalias(typ).(*types.Pointer); !isPointer && !types.IsInterface(typ) {
			take = "&"
		}
		if at := take + "x" + path; lock != "" && lock != at {
			return ""
		} else {
			lock = at
		}
	}
	return lock
}
