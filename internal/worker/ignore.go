package worker

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	saying "github.com/jostle-dev/jostle/internal/ignore"
	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// ignored is what an outcome would be if the code did not say that it is no finding.
type ignored struct {
	would verdict.Kind // Pass: it is what it is
	cause uint64       // of that
	by    []string     // places of the comments, or functions, that have said so, also of a part of what was left behind
}

// ignores takes from v what the code, or an option, says is not a finding.
func (r *runner) ignores(v *verdict.Verdict) ignored {
	all := slices.Concat(program.Ignores(), r.ignore, r.parts.take())
	if len(all) == 0 || !v.Found() {
		return ignored{}
	}
	kind, cause := v.Kind, v.Cause()
	var out ignored
	for _, i := range v.Ignore(all) {
		out.by = append(out.by, i.String())
	}
	if v.Kind == verdict.Pass {
		out.would, out.cause = kind, cause
	}
	return out
}

// inFile returns what the file of the package under test says is not a finding. It must be called in the directory of the package.
func inFile() ([]program.Ignore, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	lines, err := saying.Read(dir)
	if err != nil {
		return nil, err
	}
	var out []program.Ignore
	for _, l := range lines {
		out = append(out, program.Ignore{What: l.Kind, File: saying.Path(dir), Line: int32(l.N), Func: l.Func, Short: true})
	}
	return out, nil
}

// note says what was ignored, "" if nothing was.
func (i ignored) note() string {
	if i.would == verdict.Pass {
		return ""
	}
	by := i.by[0]
	if dir, err := os.Getwd(); err == nil && filepath.IsAbs(by) {
		if rel, err := filepath.Rel(dir, by); err == nil {
			by = rel
		}
	}
	return fmt.Sprintf("jostle: a %s is ignored, as %s says\n", i.would, by)
}
