package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/instrument"
	"github.com/jostle-dev/jostle/internal/campaign"
)

// A nativeBuild asks the go command about packages as they are. What does not build, or what go vet objects to, fails as
// under go test, in the go command's own words.
type nativeBuild struct {
	*testFlags
	dir    string // for what is built
	screen *printer
	stderr io.Writer
	failed []string // import paths
}

// explain says why a package does not build. It returns an error if the package does, and only its instrumented copy does not.
func (n *nativeBuild) explain(ctx context.Context, b instrument.Broken) error {
	failed, err := n.fails(ctx, b.ImportPath)
	if err == nil && !failed {
		err = fmt.Errorf("%s builds, but not when it is instrumented:\n%s", b.ImportPath, b.Text)
	}
	return err
}

// fails has go test build the tests of a package, and go vet look at them. If that fails it prints what go test prints.
func (n *nativeBuild) fails(ctx context.Context, importPath string) (bool, error) {
	n.screen.line.show("building " + importPath + " as go test does")
	args := append([]string{"test", "-c", "-o", filepath.Join(n.dir, "native.test")}, n.build.args()...)
	if n.vet != "" {
		args = append(args, "-vet="+n.vet)
	}
	if n.asJSON {
		args = append(args, "-json")
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", append(args, importPath)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = n.build.dir, &stdout, &stderr
	switch err := cmd.Run(); {
	case err == nil:
		return false, nil
	case ctx.Err() != nil:
		return false, fmt.Errorf("ended before the tests were built: %w", ctx.Err())
	case cmd.ProcessState == nil:
		return false, fmt.Errorf("run go test -c: %w", err)
	}
	n.failed = append(n.failed, importPath)
	n.screen.words(n.stderr, stderr.String())
	said := strings.TrimSuffix(stdout.String(), "FAIL\n")  // which is about all packages
	verdict := "FAIL\t" + importPath + " [build failed]\n" // which go test prints when it would run it
	failedBuild := ""
	if n.asJSON {
		n.screen.words(n.screen.stdout, said)
		if strings.Contains(said, `"Action":"fail"`) {
			return true, nil
		}
		said, failedBuild = "", failedIn(said, importPath)
	}
	n.screen.unbuilt(ctx, importPath, cmp.Or(said, verdict), failedBuild)
	return true, nil
}

// failedIn returns which build has failed by the events of a go test -json of a package: that of the package itself, with its tests or
// without, or else the first. It is "" if the events name none: GODEBUG=gotestjsonbuildtext=1 has the go command print text.
func failedIn(events, importPath string) (failed string) {
	for line := range strings.Lines(events) {
		var e struct{ Action, ImportPath string }
		if json.Unmarshal([]byte(line), &e) != nil || e.Action != "build-fail" {
			continue
		}
		if path, _, _ := strings.Cut(e.ImportPath, " "); path == importPath {
			return e.ImportPath
		}
		failed = cmp.Or(failed, e.ImportPath)
	}
	return failed
}

// byTest are the analyzers of go vet that go test runs (cmd/go/internal/test, defaultVetFlags).
var byTest = []string{"atomic", "bool", "buildtags", "directive", "errorsas", "ifaceassert", "nilfunc", "printf", "stringintconv", "tests"}

// objections begins to have go vet look at packages, and returns a function that waits for it. That returns the import
// paths of those that it objects to. It looks at what is built without the race detector: what it objects to there is asked again as it is
// built (see pass), and else all of the standard library would be compiled for the race detector, uninstrumented, for this alone.
// What it had nothing against it is not asked about until it changes.
func (n *nativeBuild) objections(ctx context.Context, roots []instrument.Root) func() []string {
	const fine = "go vet has nothing against it"
	plain := n.build
	plain.race = false
	args := append([]string{"vet", "-json"}, plain.args()...)
	analyzers := byTest
	switch n.vet {
	case "":
	case "all":
		analyzers = nil
	default:
		analyzers = strings.Split(n.vet, ",")
	}
	for _, a := range analyzers {
		args = append(args, "-"+a)
	}
	var asked []instrument.Root
	for _, r := range roots {
		if len(r.TestFiles) > 0 && !(n.vet == "" && r.Noted(fine)) { // go test looks at no others
			asked, args = append(asked, r), append(args, r.ImportPath)
		}
	}
	if n.vet == "off" || len(asked) == 0 {
		return func() []string { return nil }
	}
	objects := make(chan []string, 1)
	go func() {
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir = n.build.dir
		out, err := cmd.CombinedOutput()
		objected := vetted(out)
		for _, r := range asked {
			if err == nil && n.vet == "" && !slices.Contains(objected, r.ImportPath) { // an error: it could not look at all of them
				r.Note(fine)
			}
		}
		objects <- objected
	}()
	return func() []string { return <-objects }
}

// vetted reads the output of go vet -json, and returns the import paths of the packages that it objects to.
func vetted(out []byte) (paths []string) {
	var objects bytes.Buffer
	for line := range bytes.Lines(out) {
		if line[0] != '#' { // before each package
			objects.Write(line)
		}
	}
	for d := json.NewDecoder(&objects); ; {
		var packages map[string]map[string]json.RawMessage
		if d.Decode(&packages) != nil {
			return paths
		}
		for id, objections := range packages {
			path, _, _ := strings.Cut(id, " ")
			_, forTest, _ := strings.Cut(id, " [")
			path = cmp.Or(strings.TrimSuffix(forTest, ".test]"), path)
			if len(objections) > 0 && !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
		}
	}
}

// pass returns those of the binaries whose packages pass go vet, and tells of the others.
func (n *nativeBuild) pass(ctx context.Context, binaries []campaign.Binary, objected []string) (passed []campaign.Binary, err error) {
	for _, b := range binaries {
		failed := false
		if slices.Contains(objected, b.Package) {
			if failed, err = n.fails(ctx, b.Package); err != nil {
				return nil, err
			}
		}
		if !failed {
			passed = append(passed, b)
		}
	}
	return passed, nil
}
