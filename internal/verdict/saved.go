package verdict

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/trace"
)

// A Saved is an execution as it stood at its end, with what is known of its program: all that Of takes, as data.
type Saved struct {
	Snapshot *trace.Snapshot
	Sites    [][]trace.Site // by file
	Files    []program.File
}

// Save returns a snapshot as JSON, with what is known of the files that it names.
func Save(snap *trace.Snapshot, sites [][]trace.Site, files []program.File) ([]byte, error) {
	s := Saved{Snapshot: new(trace.Snapshot)}
	*s.Snapshot = *snap
	s.Snapshot.Log, s.Snapshot.Locking, s.Snapshot.Words, s.Snapshot.Traced = nil, nil, nil, false
	if s.Snapshot.Value != nil {
		s.Snapshot.Value = panicText(snap.Value)
	}
	s.Snapshot.Tasks = slices.Clone(snap.Tasks)
	named := map[string]bool{}
	for i := range s.Snapshot.Tasks {
		s.Snapshot.Tasks[i].Callers = nil // which mean nothing to another process
	}
	eachSite(reflect.ValueOf(s.Snapshot), func(p **trace.Site) { named[(*p).File] = true })
	names := func(file string) bool {
		return named[file] || slices.ContainsFunc(snap.Tasks, func(t trace.TaskState) bool { return strings.Contains(t.Stack, "\t"+file+":") })
	}
	for _, f := range files {
		if names(f.Name) {
			s.Files = append(s.Files, f)
		}
	}
	for _, of := range sites {
		if len(of) > 0 && names(of[0].File) {
			s.Sites = append(s.Sites, of)
		}
	}
	return json.Marshal(s)
}

// Verdict returns the verdict on what was saved. It may be called once.
func (s *Saved) Verdict() *Verdict {
	type place struct {
		file, name string
		line, col  int32
	}
	one := map[place]*trace.Site{}
	of := func(p *trace.Site) *trace.Site {
		k := place{p.File, p.Name, p.Line, p.Col}
		if one[k] == nil {
			one[k] = p
		}
		return one[k]
	}
	for _, file := range s.Sites {
		for i := range file {
			of(&file[i])
		}
	}
	eachSite(reflect.ValueOf(s.Snapshot), func(p **trace.Site) { *p = of(*p) })
	return Of(s.Snapshot, NewCode(s.Sites, s.Files))
}

// eachSite calls f for each pointer to a sync point in v. In JSON each has become a sync point of its own.
func eachSite(v reflect.Value, f func(**trace.Site)) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		if v.Type() == reflect.TypeFor[*trace.Site]() {
			f(v.Addr().Interface().(**trace.Site))
			return
		}
		eachSite(v.Elem(), f)
	case reflect.Slice:
		for i := range v.Len() {
			eachSite(v.Index(i), f)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				eachSite(v.Field(i), f)
			}
		}
	}
}
