package instrument

import (
	"context"
	"errors"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/instrument/toolchain"
	"github.com/jostle-dev/jostle/internal/goenv"
	"github.com/jostle-dev/jostle/internal/manifest"
)

// selectGo asks the user's go command which Go the directory selects, and puts the runtime beside the standard library of
// that. All later go commands are of it.
func (b *build) selectGo(ctx context.Context) error {
	name, err := goPath(b.Env)
	if err != nil {
		return err
	}
	user := goCommand{name, b.Dir, b.Env}
	b.env, err = user.variables(ctx, "GOROOT", "GOVERSION", "GOWORK", "GOMOD", "GOMODCACHE", "GOFLAGS", "GOOS", "GOARCH", "CGO_ENABLED")
	if err != nil {
		return err
	}
	if b.goroot, err = toolchain.Real(b.env["GOROOT"]); err != nil {
		return err
	}
	selected := toolchain.Go{Root: b.goroot, Version: b.env["GOVERSION"]}
	if err := errors.Join(b.ownFlags(), toolchain.Usable(selected)); err != nil {
		return err
	}
	files, err := b.runtimeFiles(ctx)
	if err != nil {
		return err
	}
	b.tree, err = toolchain.Tree(ctx, b.CacheDir, selected, files, b.Progress)
	if err != nil {
		return err
	}
	bin := filepath.Join(b.tree, "bin")
	b.goCmd = goCommand{filepath.Join(bin, "go"), b.Dir, with(b.Env, goenv.Change(b.Env, b.treeVariables(), bin, ""))}
	return nil
}

// treeVariables returns what has the go command take the tree for what it belongs to.
func (b *build) treeVariables() map[string]string {
	return map[string]string{"GOROOT": b.tree, "GOTOOLCHAIN": "local"}
}

// goPath returns the go command that the environment means.
func goPath(environ []string) (string, error) {
	for _, dir := range filepath.SplitList(goenv.Get(environ, "PATH")) {
		if name, err := exec.LookPath(filepath.Join(dir, "go")); err == nil || errors.Is(err, exec.ErrDot) {
			return name, nil
		}
	}
	return "", errors.New("there is no go command in PATH, and jostle builds with it")
}

// Environ returns the environment of a go command that builds what was prepared.
func (r *Result) Environ() []string { return with(r.user, r.Env) }

// TestEnviron returns the environment of tests that were built from what was prepared. It is what go test gives to tests: the
// user's own, with the bin of the user's GOROOT as the first of PATH, so that a test which runs the go command sees what it
// always sees.
func (r *Result) TestEnviron() []string {
	return with(r.user, map[string]string{
		"PATH":       goenv.Before(filepath.Join(r.goroot, "bin"), goenv.Get(r.user, "PATH")),
		"GODEBUG":    debugSettings("randautoseed=0", goenv.Get(r.user, "GODEBUG")), // the generator of math/rand is part of what a replay repeats
		manifest.Env: r.Env[manifest.Env],
	})
}

func with(environ []string, set map[string]string) []string {
	environ = slices.Clone(environ)
	for _, name := range slices.Sorted(maps.Keys(set)) {
		environ = append(environ, name+"="+set[name])
	}
	return environ
}

// debugSettings returns the value of GODEBUG for a test binary: settings, of which later ones count, and what a bubble of
// testing/synctest needs. Without it the module's own go line may say otherwise: before 1.23, channels of timers have a buffer.
func debugSettings(settings ...string) string {
	settings = slices.DeleteFunc(settings, func(s string) bool { return s == "" })
	return strings.Join(append(settings, "asynctimerchan=0"), ",")
}
