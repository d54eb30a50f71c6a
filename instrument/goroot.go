package instrument

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/instrument/patch"
	"github.com/jostle-dev/jostle/instrument/toolchain"
	"github.com/jostle-dev/jostle/internal/cachedir"
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
	b.env, err = user.variables(ctx, "GOROOT", "GOVERSION", "GOWORK", "GOMOD", "GOMODCACHE", "GOCACHE", "GOFLAGS", "GOEXPERIMENT", "GOOS", "GOARCH", "CGO_ENABLED")
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
	return b.plant(ctx, selected, files)
}

// plant makes the tree of a Go with files and with the changed functions of its standard library. Groups of changes that do not apply
// to it are left out, and so are those with which it does not compile.
func (b *build) plant(ctx context.Context, selected toolchain.Go, files map[string][]byte) error {
	return leaveOut(patch.Groups(), func(wrong map[string]string) (string, error) {
		return b.plantWithout(ctx, selected, files, wrong)
	})
}

// leaveOut calls try until it compiles, without as few of the groups as it can: wrong says of each that is left out what the compiler
// says. The last call is the one that counts.
func leaveOut(groups []string, try func(wrong map[string]string) (said string, err error)) error {
	said, err := try(nil)
	if err != nil || said == "" {
		return err
	}
	wrong := map[string]string{}
	for _, g := range groups {
		wrong[g] = said
	}
	for _, g := range groups { // each with those before it that compile
		delete(wrong, g)
		if said, err = try(wrong); err != nil {
			return err
		}
		if said != "" {
			wrong[g] = said
		}
	}
	if said != "" { // of the last group
		_, err = try(wrong)
	}
	return err
}

// plantWithout is plant without some groups, of which wrong says what is against them. It returns what the compiler has against what
// came of the others, "" if that is nothing.
func (b *build) plantWithout(ctx context.Context, selected toolchain.Go, files map[string][]byte, wrong map[string]string) (said string, err error) {
	unwanted := maps.Clone(b.wrong)
	maps.Copy(unwanted, wrong)
	all, refused, err := b.patched(unwanted)
	if err != nil {
		return "", err
	}
	b.refused = refused
	maps.Copy(all, files)
	if err := b.use(ctx, selected, all); err != nil {
		return "", err
	}
	return b.compileChanged(ctx)
}

// patched returns what patch.Apply does, from the cache if it has that: to parse the files takes longer than to read them.
func (b *build) patched(unwanted map[string]string) (map[string][]byte, []patch.Refusal, error) {
	sum, err := patch.Sum(b.goroot)
	if err != nil {
		return nil, nil, fmt.Errorf("read the standard library: %w", err)
	}
	key := keyOf(fmt.Appendf(nil, "%s %s %q", rewriter(), sum, unwanted))
	if kept, err := readFiles(filepath.Join(b.CacheDir, "patched", key)); err == nil {
		var refused []patch.Refusal
		if json.Unmarshal(kept[refusedName], &refused) == nil {
			cachedir.Used(filepath.Join(b.CacheDir, "patched", key))
			delete(kept, refusedName)
			return kept, refused, nil
		}
	}
	files, refused, err := patch.Apply(b.goroot, unwanted)
	if err != nil {
		return nil, nil, err
	}
	all := maps.Clone(files)
	if all[refusedName], err = json.Marshal(refused); err != nil {
		return nil, nil, err
	}
	_, _ = b.store("patched", key, all) // if it cannot be kept, it is done again
	return files, refused, nil
}

// refusedName is a file beside those that patched keeps.
const refusedName = "refused.json"

// use makes a tree and has all later go commands be of it.
func (b *build) use(ctx context.Context, selected toolchain.Go, files map[string][]byte) (err error) {
	b.tree, err = toolchain.Tree(ctx, b.CacheDir, selected, files, b.Progress)
	if err != nil {
		return err
	}
	bin := filepath.Join(b.tree, "bin")
	b.goCmd = goCommand{filepath.Join(bin, "go"), b.Dir, with(b.Env, goenv.Change(b.Env, b.treeVariables(), bin, ""))}
	return nil
}

// compileChanged has the go command compile the changed packages, once for each tree, and returns what it says against them.
func (b *build) compileChanged(ctx context.Context) (wrong string, err error) {
	wrong, known := b.changed()
	if known {
		return wrong, nil
	}
	err = b.alone(ctx, func() error {
		if wrong, known = b.changed(); known {
			return nil
		}
		b.Progress("compiling the standard library of " + b.env["GOVERSION"] + " (once)")
		pkgs, err := b.made(ctx, "-export", "ImportPath,Error", patch.Early())
		if err != nil {
			return err
		}
		for _, p := range pkgs {
			if p.Error != nil && wrong == "" {
				wrong = p.Error.Error()
			}
		}
		return cachedir.Write(b.CacheDir, changedKind, keyOf([]byte(b.tree)), []byte(wrong))
	})
	return wrong, err
}

const changedKind = "changed"

// changed returns what compileChanged has returned for the tree before, if it is known.
func (b *build) changed() (wrong string, known bool) {
	text, err := cachedir.Read(b.CacheDir, changedKind, keyOf([]byte(b.tree)))
	return string(text), err == nil
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
	random := ""
	if slices.ContainsFunc(r.Refused, func(f patch.Refusal) bool { return f.Group == patch.Randomness }) {
		random = "randautoseed=0" // at least math/rand repeats itself in a replay
	}
	return with(r.user, map[string]string{
		"PATH":       goenv.Before(filepath.Join(r.goroot, "bin"), goenv.Get(r.user, "PATH")),
		"GODEBUG":    debugSettings(random, goenv.Get(r.user, "GODEBUG")),
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
