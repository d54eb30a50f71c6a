package harness

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

// Main makes plain go test do what the command jostle does, for a package with fuzz targets or Checks:
//
//	func TestMain(m *testing.M) { harness.Main(m) }
//
// In a test binary built from instrumented sources it runs the tests. In any other it has one built by the command jostle,
// and runs that with the same arguments in its place, and then the package's corpus (jostle corpus run). The command is the
// tool of that name in the module's go.mod, or else the one in PATH. Main does not return.
func Main(m *testing.M) {
	flag.Parse()                                               // as (*testing.M).Run does
	if os.Getenv(rebuilt) != "" || testing.CoverMode() != "" { // see unreached
		os.Exit(m.Run())
	}
	code, err := runInstrumented(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 2
	}
	if code == 0 || code == 1 {
		if of := runCorpus(); of > code {
			code = of
		}
	}
	os.Exit(code)
}

// corpusFile is the manifest of the package's corpus: each line has a word and then the name of an entry, in the folder testdata.
const corpusFile = "testdata/jostle/corpus.txt"

// runCorpus runs the corpus of the package in the working directory, as the command jostle does it, if it has one, and returns
// the exit code. With a pattern for -run it is that of the tests that match.
func runCorpus() int {
	manifest, err := os.ReadFile(corpusFile)
	if err != nil || fuzzing() || flagValue("test.list") != "" {
		return 0
	}
	for _, line := range strings.Split(string(manifest), "\n") {
		if words := strings.Fields(line); len(words) > 1 {
			_, _ = os.Stat(filepath.Join("testdata", words[1])) // go test sees that its result depends on it
		}
	}
	tests, _, _ := strings.Cut(flagValue("test.run"), "/")
	name, err := command()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	cmd := exec.Command(name, append(append([]string{"corpus", "run"}, buildFlags()...), "-run="+tests, ".")...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return exit.ExitCode()
	case err != nil:
		fmt.Fprintf(os.Stderr, "jostle: the corpus could not be run: `%s`: %v\n", cmd, err)
		return 2
	}
	return 0
}

// rebuilt is set in the environment of what Main runs. If that is not instrumented either, it is not built again and again.
const rebuilt = "JOSTLE_REBUILT"

// runInstrumented builds the test binary of the package in the working directory from instrumented sources, runs it and
// returns its exit code.
func runInstrumented(args []string) (code int, err error) {
	flags := buildFlags()
	env, goCmd, err := instrumentedEnv(flags)
	if err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "jostle")
	if err != nil {
		return 0, fmt.Errorf("jostle: no place for the instrumented test: %w", err)
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, filepath.Base(os.Args[0]))

	if fuzzing() {
		flags = append(flags, "-fuzz=.") // with the counters that guide the fuzzer
	}
	build := exec.Command(goCmd, append(append([]string{"test", "-c", "-vet=off", "-o", binary}, flags...), ".")...) // go test has vetted it as it is
	build.Env, build.Stderr = env, os.Stderr
	if err := build.Run(); err != nil {
		return 0, fmt.Errorf("jostle: the instrumented test does not build: %w", err)
	}
	test := exec.Command(binary, args...)
	test.Env, test.Stdin, test.Stdout, test.Stderr = env, os.Stdin, os.Stdout, os.Stderr
	err = test.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// instrumentedEnv returns the environment in which the go command builds from sources that were instrumented for a build with
// the given flags, and that command.
func instrumentedEnv(flags []string) (env []string, goCmd string, err error) {
	name, err := command()
	if err != nil {
		return nil, "", err
	}
	cmd := exec.Command(name, append(append([]string{"env", "-json"}, flags...), ".")...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, "", fmt.Errorf("jostle: the package could not be instrumented: `%s`: %w", cmd, err)
	}
	var set map[string]string
	if err := json.Unmarshal(out, &set); err != nil {
		return nil, "", fmt.Errorf("jostle: `%s` printed no JSON: %w", cmd, err)
	}
	env = append(os.Environ(), rebuilt+"=1")
	for k, v := range set {
		env = append(env, k+"="+v)
	}
	return env, filepath.Join(set["GOROOT"], "bin", "go"), nil
}

// command returns the name of the command jostle. The tool is built if it has to be.
func command() (string, error) {
	if out, err := exec.Command("go", "tool", "-n", "jostle").Output(); err == nil {
		return strings.TrimSpace(string(out)), nil
	}
	name, err := exec.LookPath("jostle")
	if err != nil {
		err = errors.New("jostle: there is no command jostle to instrument the package: install it, " +
			"go install github.com/jostle-dev/jostle/cmd/jostle@latest, or make it a tool of the module, go get -tool github.com/jostle-dev/jostle/cmd/jostle")
	}
	return name, err
}

// buildFlags returns the flags with which this test binary was built, as far as they matter.
func buildFlags() []string {
	var out []string
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "-race" || s.Key == "-tags" || s.Key == "-trimpath" {
				out = append(out, s.Key+"="+s.Value)
			}
		}
	}
	return out
}
