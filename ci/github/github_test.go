// Package github has no code, only tests of the workflows and actions that lie beside it: they are linted, and run.
package github

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	"golang.org/x/tools/txtar"

	"github.com/jostle-dev/jostle/internal/publish"
)

// TestLint lints what is there to be copied, and the scripts behind it where shellcheck is installed. Steps of actions are linted as those of a workflow with the same inputs.
func TestLint(t *testing.T) {
	var out bytes.Buffer
	shellcheck, _ := exec.LookPath("shellcheck")
	linter, err := actionlint.NewLinter(&out, &actionlint.LinterOptions{Shellcheck: shellcheck, Oneline: true})
	require.NoError(t, err)
	lint := func(name string, content []byte) {
		_, err := linter.Lint(name, content, nil)
		require.NoError(t, err)
	}
	var workflows []string
	for _, pattern := range []string{"*.yml", "../clusterfuzzlite/cflite_*.yml"} {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		workflows = append(workflows, found...)
	}
	require.NotEmpty(t, workflows)
	for _, name := range workflows {
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		lint(name, content)
	}
	for _, a := range actions(t) {
		lint(a, readAction(t, a).asWorkflow(t))
	}
	assert.Empty(t, out.String())
	if shellcheck != "" {
		for _, pattern := range []string{"*", "../*", "../clusterfuzzlite/*.sh", "../oss-fuzz/*.sh"} {
			scripts, err := filepath.Glob(pattern)
			require.NoError(t, err)
			for _, name := range scripts {
				if content, err := os.ReadFile(name); err != nil || !bytes.HasPrefix(content, []byte("#!")) {
					continue
				}
				said, err := exec.CommandContext(t.Context(), shellcheck, name).CombinedOutput()
				assert.NoError(t, err, "%s", said)
			}
		}
	}
}

// TestProject: of what OSS-Fuzz must be told of a project nothing is missing but who gets the findings, and that is marked.
func TestProject(t *testing.T) {
	content, err := os.ReadFile("../oss-fuzz/project.yaml")
	require.NoError(t, err)
	var project map[string]any
	require.NoError(t, yaml.Unmarshal(content, &project))
	for _, field := range []string{"homepage", "language", "main_repo", "fuzzing_engines", "sanitizers"} {
		assert.Contains(t, project, field)
	}
	if _, filledIn := project["primary_contact"]; !filledIn {
		assert.Regexp(t, `(?m)^# FILL IN: .*\n# primary_contact: `, string(content))
	}
}

// TestInputs: what a workflow gives to an action of ours, the action knows, and it gets all that it must have.
func TestInputs(t *testing.T) {
	workflows, err := filepath.Glob("*.yml")
	require.NoError(t, err)
	used := 0
	for _, name := range workflows {
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		w, errs := actionlint.Parse(content)
		require.Empty(t, errs)
		for _, j := range w.Jobs {
			for _, s := range j.Steps {
				e, ok := s.Exec.(*actionlint.ExecAction)
				if !ok || !strings.HasPrefix(e.Uses.Value, "jostle-dev/") {
					continue
				}
				used++
				m := ours.FindStringSubmatch(e.Uses.Value)
				require.NotNil(t, m, e.Uses.Value)
				a := readAction(t, filepath.Join("../..", filepath.FromSlash(m[1])))
				for input := range e.Inputs {
					assert.Contains(t, a.Inputs, input, "%s: %s", name, e.Uses.Value)
				}
				for input, spec := range a.Inputs {
					if spec.Required {
						assert.Contains(t, e.Inputs, input, "%s: %s", name, e.Uses.Value)
					}
				}
			}
		}
	}
	assert.Positive(t, used)
}

func actions(t *testing.T) []string {
	files, err := filepath.Glob("actions/*/action.yml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for i, f := range files {
		files[i] = filepath.Dir(f)
	}
	return files
}

// home has what is at the same place in all jobs: where jostle keeps rewritten sources, and the working tree.
var home string

func TestMain(m *testing.M) {
	var err error
	if home, err = os.MkdirTemp("", "jostle-github-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(home)
	os.Exit(code)
}

// A project is somebody's module in a repository of its own.
type project struct {
	*testing.T
	dir string   // a working tree
	env []string // what its go commands see
}

const (
	jostle  = "github.com/jostle-dev/jostle"
	harness = jostle + "/harness"
)

// newProject has the module of testdata/project.txtar, with this repository in the place of the published jostle.
func newProject(t *testing.T) *project {
	if testing.Short() {
		t.Skip("it builds and runs the tests of another module")
	}
	repo, err := filepath.Abs("../..")
	require.NoError(t, err)
	p := &project{T: t, dir: t.TempDir()}
	p.env = append(os.Environ(), "JOSTLE_CACHE="+filepath.Join(home, "cache"), "GOFLAGS=", "GOWORK=off", "GIT_CONFIG_GLOBAL=/dev/null")
	git(t, p.dir, "init", "--quiet")
	p.write("testdata/project.txtar")
	p.run("go", "mod", "edit", "-replace", harness+"="+filepath.Join(repo, "harness"))
	p.run("go", "mod", "tidy")
	p.commit("the project")
	return p
}

func (p *project) run(name string, args ...string) string {
	p.Helper()
	cmd := exec.CommandContext(p.Context(), name, args...)
	cmd.Dir, cmd.Env = p.dir, append(p.env, "PWD="+p.dir)
	out, err := cmd.CombinedOutput()
	require.NoError(p, err, "%s", out)
	return string(out)
}

// write writes the files of an archive into the working tree.
func (p *project) write(archive string) {
	p.Helper()
	a, err := txtar.ParseFile(archive)
	require.NoError(p, err)
	for _, f := range a.Files {
		p.file(f.Name, string(f.Data))
	}
}

func (p *project) commit(message string) {
	p.Helper()
	git(p.T, p.dir, "add", "--all")
	git(p.T, p.dir, "commit", "--quiet", "--message", message)
}

// pull makes a branch with changes, and merges it as GitHub does before it runs a workflow: it returns the branch of the merge.
func (p *project) pull(change func()) string {
	p.Helper()
	git(p.T, p.dir, "checkout", "--quiet", "-b", "change", "main")
	change()
	p.commit("a change")
	git(p.T, p.dir, "checkout", "--quiet", "-b", "merge", "main")
	git(p.T, p.dir, "merge", "--quiet", "--no-ff", "change")
	return "merge"
}

// results returns the rules and files of the results of a SARIF document.
func results(t *testing.T, sarif []byte) []string {
	require.NotEmpty(t, sarif)
	var d struct {
		Runs []struct {
			Results []struct {
				RuleID    string `json:"ruleId"`
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
					}
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(sarif, &d))
	out := []string{}
	for _, run := range d.Runs {
		for _, r := range run.Results {
			out = append(out, r.RuleID+" "+r.Locations[0].PhysicalLocation.ArtifactLocation.URI)
		}
	}
	return out
}

func TestPullRequest(t *testing.T) {
	t.Run("a deadlock", func(t *testing.T) {
		p := newProject(t)
		branch := p.pull(func() { p.write("testdata/deadlock.txtar") })
		r := newRunner(t, p.dir, p.env)
		j := r.run("pull-request.yml", branch)["changed"]
		require.NotNil(t, j)
		log := j.log.String()
		assert.True(t, j.failed, log)
		assert.Contains(t, log, "packages: example.com/project/bank example.com/project/teller\n")
		assert.Contains(t, log, "::error file=bank/bank.go,line=")
		assert.Contains(t, log, "jostle%3A deadlock (rule 2)")
		assert.NotContains(t, log, "TestClock", "its package sees nothing of the change")
		assert.Contains(t, log, "FuzzTransfer", "its fuzz target searches too")
		assert.Equal(t, []string{"jostle/deadlock bank/bank.go"}, results(t, r.uploads["changed"]))
	})
	t.Run("it does not build", func(t *testing.T) {
		p := newProject(t)
		branch := p.pull(func() { p.write("testdata/wrong.txtar") })
		r := newRunner(t, p.dir, p.env)
		j := r.run("pull-request.yml", branch)["changed"]
		require.NotNil(t, j)
		assert.True(t, j.failed)
		assert.Contains(t, j.log.String(), "clock/clock.go:5:")
		assert.Contains(t, j.log.String(), "FAIL\texample.com/project/clock [build failed]")
		assert.Contains(t, j.log.String(), "[exit code 1]", "as go test has it")
	})
	t.Run("no code", func(t *testing.T) {
		p := newProject(t)
		branch := p.pull(func() { p.file("README.md", "new\n") })
		r := newRunner(t, p.dir, p.env)
		j := r.run("pull-request.yml", branch)["changed"]
		require.NotNil(t, j)
		assert.False(t, j.failed, j.log.String())
		assert.Contains(t, j.log.String(), "packages: none\n")
		assert.Empty(t, r.uploads)
	})
	t.Run("good code", func(t *testing.T) {
		p := newProject(t)
		branch := p.pull(func() { p.write("testdata/good.txtar") })
		r := newRunner(t, p.dir, p.env)
		j := r.run("pull-request.yml", branch)["changed"]
		require.NotNil(t, j)
		log := j.log.String()
		assert.False(t, j.failed, log)
		assert.Contains(t, log, "packages: example.com/project/clock\n")
		assert.Contains(t, log, "ok  \texample.com/project/clock")
		assert.Contains(t, log, "no fuzz targets in example.com/project/clock\n")
		assert.Empty(t, results(t, r.uploads["changed"]))
	})
}

// TestNight: what the shards of a night find comes together, and is kept.
func TestNight(t *testing.T) {
	p := newProject(t)
	p.write("testdata/deadlock.txtar")
	p.commit("a change")
	r := newRunner(t, p.dir, p.env)
	jobs := r.run("nightly.yml", "main")
	require.Len(t, jobs, 6)
	keep := jobs["keep"]
	require.NotNil(t, keep)
	assert.False(t, keep.failed, keep.log.String())
	assert.Equal(t, []string{"jostle/deadlock bank/bank.go"}, results(t, r.uploads["keep"]))
	assert.Regexp(t, `bank: \d+ findings of 1 causes, 1 of them written, 0 not reproduced here`, keep.log.String())
	assert.FileExists(t, filepath.Join(r.artifacts, "page", "jostle.html"))
	kept := strings.Fields(git(t, p.dir, "ls-tree", "-r", "--name-only", "jostle-corpus"))
	assert.NotEmpty(t, kept)
	for _, f := range kept {
		assert.Regexp(t, `^bank/testdata/(jostle|fuzz)/`, f)
	}
	found := 0
	for _, j := range jobs {
		if j.failed {
			found++
		}
	}
	assert.Positive(t, found, "who finds something fails")
}

// TestCorpus: the branch gives back what was saved, and leaves alone what is there.
func TestCorpus(t *testing.T) {
	corpus, err := filepath.Abs("corpus")
	require.NoError(t, err)
	origin := &project{T: t, dir: t.TempDir(), env: os.Environ()}
	git(t, origin.dir, "init", "--quiet")
	git(t, origin.dir, "commit", "--quiet", "--allow-empty", "--message", "the project")
	clone := func() *project {
		p := &project{T: t, dir: t.TempDir(), env: os.Environ()}
		git(t, ".", "clone", "--quiet", "--depth", "1", "file://"+origin.dir, p.dir)
		return p
	}
	const kept, input, other = "a/testdata/jostle/TestA-1.jostle", "a/b/testdata/fuzz/FuzzB/1", "a/testdata/golden"
	const linked = "corpus/FuzzC/2"

	first := clone()
	first.run(corpus, "load", "found") // there is no such branch yet
	for _, name := range []string{kept, input, other, linked, "c/testdata/none"} {
		first.file(name, "first")
	}
	require.NoError(t, os.Symlink("../../corpus", filepath.Join(first.dir, "c/testdata/fuzz")))
	require.NoError(t, os.Symlink("/etc", filepath.Join(first.dir, "c/testdata/jostle")), "not of the project")
	first.run(corpus, "save", "found")
	first.run(corpus, "save", "found")
	assert.Equal(t, input+"\n"+kept+"\n"+linked, git(t, origin.dir, "ls-tree", "-r", "--name-only", "found"))
	assert.Equal(t, "1", git(t, origin.dir, "rev-list", "--count", "found"), "nothing new is no commit")
	assert.Empty(t, git(t, first.dir, "diff", "--cached", "--name-only"), "the index is left alone")

	second := clone()
	second.file(kept, "second")
	second.run(corpus, "load", "found")
	assert.Equal(t, "second", second.read(kept))
	assert.Equal(t, "first", second.read(input))
	assert.Equal(t, "first", second.read(linked))
	second.run(corpus, "save", "found")
	assert.Equal(t, "2", git(t, origin.dir, "rev-list", "--count", "found"))
	assert.Equal(t, "second", git(t, origin.dir, "show", "found:"+kept))
}

func (p *project) file(name, content string) {
	p.Helper()
	name = filepath.Join(p.dir, name)
	require.NoError(p, os.MkdirAll(filepath.Dir(name), 0o755))
	require.NoError(p, os.WriteFile(name, []byte(content), 0o644))
}

func (p *project) read(name string) string {
	p.Helper()
	content, err := os.ReadFile(filepath.Join(p.dir, name))
	require.NoError(p, err)
	return string(content)
}

// TestClusterFuzzLite: the script that a project copies builds its fuzz targets, by the command of the version of harness that it requires.
func TestClusterFuzzLite(t *testing.T) {
	if _, err := exec.LookPath("clang++"); err != nil {
		t.Skip("no clang++ to build for libFuzzer with: ci/local-oss-fuzz.sh installs it")
	}
	script, err := filepath.Abs("../clusterfuzzlite/build.sh")
	require.NoError(t, err)
	p := newProject(t)
	out, proxy := t.TempDir(), t.TempDir()
	require.NoError(t, publish.Directory(proxy, "../..", jostle, "v0.1.0"))
	require.NoError(t, publish.Directory(proxy, "../../harness", harness, "v0.1.0"))
	goproxy, cache := strings.TrimSpace(p.run("go", "env", "GOPROXY")), strings.TrimSpace(p.run("go", "env", "GOMODCACHE"))
	p.env = append(p.env, "OUT="+out, "GOPROXY=file://"+proxy+",file://"+cache+"/cache/download,"+goproxy,
		"GONOSUMDB="+jostle+"/*,"+jostle, "GOMODCACHE="+t.TempDir())
	defer p.run("go", "clean", "-modcache") // which is read-only
	p.run("go", "mod", "edit", "-dropreplace", harness, "-require", harness+"@v0.1.0")
	p.run("go", "mod", "tidy")
	p.run(script)
	assert.FileExists(t, filepath.Join(out, "FuzzTransfer.options"))
	assert.Contains(t, p.run(filepath.Join(out, "FuzzTransfer"), "-runs=50"), "Done 50 runs")
}

func TestChanged(t *testing.T) {
	tests := []struct {
		name   string
		files  []string // that get another line
		remove string
		want   string
	}{
		{name: "a package that another needs", files: []string{"bank/bank.go"}, want: "bank teller"},
		{name: "only its tests", files: []string{"bank/bank_test.go"}, want: "bank"},
		{name: "a file that a test reads", files: []string{"bank/testdata/fuzz/FuzzTransfer/a"}, want: "bank"},
		{name: "what nobody needs", files: []string{"teller/teller.go"}, want: "teller"},
		{name: "a package without tests", files: []string{"money/money.go"}, want: "bank teller"},
		{name: "an embedded file", files: []string{"clock/zones/list.txt"}, want: "clock"},
		{name: "what is required", files: []string{"go.mod"}, want: "bank clock money teller"},
		{name: "words", files: []string{"README.md", "docs/a.md"}, want: ""},
		{name: "a file is gone", remove: "bank/ledger.go", want: "bank teller"},
		{name: "nothing", want: ""},
	}
	p := newProject(t)
	changed, err := filepath.Abs("changed")
	require.NoError(t, err)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			original := p.dir
			p := &project{T: t, dir: t.TempDir(), env: p.env}
			require.NoError(t, os.CopyFS(p.dir, os.DirFS(original)))
			for _, name := range tt.files {
				before, err := os.ReadFile(filepath.Join(p.dir, name))
				if err != nil {
					require.ErrorIs(t, err, fs.ErrNotExist)
				}
				p.file(name, string(before)+"// \n")
			}
			if tt.remove != "" {
				require.NoError(t, os.Remove(filepath.Join(p.dir, tt.remove)))
			}
			if len(tt.files) > 0 || tt.remove != "" {
				p.commit("a change")
			} else {
				git(t, p.dir, "commit", "--quiet", "--allow-empty", "--message", "nothing")
			}
			got := strings.ReplaceAll(p.run(changed, "HEAD^1", "./..."), "example.com/project/", "")
			assert.Equal(t, tt.want, strings.Join(strings.Fields(got), " "))
		})
	}
	t.Run("a commit that is not there", func(t *testing.T) {
		cmd := exec.CommandContext(t.Context(), changed, "HEAD^9", "./...")
		cmd.Dir, cmd.Env = p.dir, p.env
		out, err := cmd.CombinedOutput()
		require.Error(t, err)
		assert.Equal(t, 2, cmd.ProcessState.ExitCode())
		assert.Contains(t, string(out), "fetch-depth")
	})
}
