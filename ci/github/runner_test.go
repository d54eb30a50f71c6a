package github

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/rhysd/actionlint"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// ours is how workflows name the actions of this repository.
var ours = regexp.MustCompile(`^jostle-dev/jostle/(ci/github/actions/\w+)@main$`)

// A runner does with workflows what GitHub does, as far as ours need it: it runs their jobs one after the other, each in a
// clone of its own, and in them each shell step and the steps of our actions. Of the actions of others it knows what they do.
type runner struct {
	*testing.T
	origin    string            // what is checked out
	artifacts string            // a directory for each
	uploads   map[string][]byte // SARIF that went to code scanning, by job
	env       []string
}

// short is how much tests ask of our actions, whatever the workflows do.
var short = map[string]string{"schedules": "40", "fuzz": "3s"}

func newRunner(t *testing.T, origin string, env []string) *runner {
	return &runner{T: t, origin: origin, artifacts: t.TempDir(), uploads: map[string][]byte{}, env: env}
}

// A job is one that is running.
type job struct {
	*runner
	name, workspace, temp string
	path                  string         // directories that steps have put before PATH
	values                map[string]any // contexts of expressions
	failed                bool
	log                   bytes.Buffer
}

// A result is what became of the jobs of a workflow, by name.
type result map[string]*job

// run runs a workflow on a branch.
func (r *runner) run(file, branch string) result {
	r.Helper()
	content, err := os.ReadFile(file)
	require.NoError(r, err)
	w, errs := actionlint.Parse(content)
	require.Empty(r, errs)
	done := result{}
	finished := map[string]bool{}
	for len(finished) < len(w.Jobs) {
		before := len(finished)
		for _, id := range slices.Sorted(maps.Keys(w.Jobs)) {
			spec := w.Jobs[id]
			waits := slices.ContainsFunc(spec.Needs, func(n *actionlint.String) bool { return !finished[strings.ToLower(n.Value)] })
			if finished[id] || waits {
				continue
			}
			failed := slices.ContainsFunc(slices.Collect(maps.Values(done)), func(j *job) bool { return j.failed })
			if spec.If == nil && failed && len(spec.Needs) > 0 {
				finished[id] = true
				continue
			}
			for suffix, matrix := range combinations(spec) {
				j := r.newJob(id+suffix, branch, matrix)
				if spec.If != nil {
					j.failed = failed
					runs := j.condition(spec.If.Value)
					j.failed = false
					if !runs {
						continue
					}
				}
				done[j.name] = j
				j.steps(spec.Steps, "")
			}
			finished[id] = true
		}
		require.Greater(r, len(finished), before, "jobs that need each other")
	}
	return done
}

// combinations returns the jobs that a job's matrix stands for: what is added to its name, and the matrix of each.
func combinations(spec *actionlint.Job) map[string]map[string]any {
	out := map[string]map[string]any{"": {}}
	if spec.Strategy == nil || spec.Strategy.Matrix == nil {
		return out
	}
	for name, row := range spec.Strategy.Matrix.Rows {
		next := map[string]map[string]any{}
		for suffix, values := range out {
			for _, v := range row.Values {
				text := strings.Trim(v.String(), `"`)
				with := maps.Clone(values)
				with[name] = text
				next[suffix+" "+text] = with
			}
		}
		out = next
	}
	return out
}

func (r *runner) newJob(name, branch string, matrix map[string]any) *job {
	j := &job{runner: r, name: name, temp: r.TempDir(), workspace: filepath.Join(home, "workspace")} // the same for all, as on GitHub
	require.NoError(r, os.RemoveAll(j.workspace))
	j.values = map[string]any{
		"runner": map[string]any{"temp": j.temp}, "matrix": matrix, "steps": map[string]any{}, "inputs": map[string]any{},
		"github": map[string]any{"run_id": "1", "workflow": "jostle", "ref": "refs/heads/" + branch, "ref_name": branch},
	}
	return j
}

// steps runs steps: of a job, or of an action, whose directory is then given.
func (j *job) steps(steps []*actionlint.Step, action string) {
	for _, s := range steps {
		condition := "success()"
		if s.If != nil {
			condition = s.If.Value
		}
		if !j.condition(condition) {
			continue
		}
		good := true
		outputs := map[string]any{}
		switch e := s.Exec.(type) {
		case *actionlint.ExecRun:
			good, outputs = j.shell(s, e, action)
		case *actionlint.ExecAction:
			with := map[string]any{}
			for name, in := range e.Inputs {
				with[name] = j.expand(in.Value.Value)
				if less, ok := short[name]; ok {
					with[name] = less
				}
			}
			good, outputs = j.action(e.Uses.Value, with)
		}
		if s.ID != nil {
			j.values["steps"].(map[string]any)[s.ID.Value] = map[string]any{"outputs": outputs}
		}
		if !good && (s.ContinueOnError == nil || !s.ContinueOnError.Value) {
			j.failed = true
		}
	}
}

// shell runs a shell step.
func (j *job) shell(s *actionlint.Step, e *actionlint.ExecRun, action string) (good bool, outputs map[string]any) {
	dir := j.workspace
	if e.WorkingDirectory != nil {
		dir = filepath.Join(dir, j.expand(e.WorkingDirectory.Value))
	}
	script, output, path := filepath.Join(j.temp, "script.sh"), filepath.Join(j.temp, "output"), filepath.Join(j.temp, "path")
	require.NoError(j, os.WriteFile(script, []byte(j.expand(e.Run.Value)), 0o644))
	require.NoError(j, os.WriteFile(output, nil, 0o644))
	require.NoError(j, os.WriteFile(path, nil, 0o644))
	cmd := exec.CommandContext(j.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", script)
	cmd.Dir = dir
	cmd.Env = append(slices.Clone(j.env), "CI=true", "GITHUB_ACTIONS=true", "GITHUB_WORKSPACE="+j.workspace, "GITHUB_OUTPUT="+output,
		"GITHUB_PATH="+path, "RUNNER_TEMP="+j.temp, "PWD="+dir, "PATH="+j.path+os.Getenv("PATH"))
	if action != "" {
		cmd.Env = append(cmd.Env, "GITHUB_ACTION_PATH="+action)
	}
	if s.Env != nil {
		for _, v := range s.Env.Vars {
			cmd.Env = append(cmd.Env, v.Name.Value+"="+j.expand(v.Value.Value))
		}
	}
	cmd.Stdout, cmd.Stderr = &j.log, &j.log
	err := cmd.Run()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		require.NoError(j, err)
	}
	fmt.Fprintf(&j.log, "[exit code %d]\n", cmd.ProcessState.ExitCode())
	content, readErr := os.ReadFile(output)
	require.NoError(j, readErr)
	before, readErr := os.ReadFile(path)
	require.NoError(j, readErr)
	for dir := range strings.Lines(string(before)) {
		j.path = strings.TrimSuffix(dir, "\n") + string(filepath.ListSeparator) + j.path
	}
	outputs = map[string]any{}
	for line := range strings.Lines(string(content)) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		require.True(j, ok, "GITHUB_OUTPUT: %q", line)
		outputs[name] = value
	}
	return err == nil, outputs
}

// action runs an action: ours, or does what one of others does.
func (j *job) action(uses string, with map[string]any) (good bool, outputs map[string]any) {
	text := func(name string) string {
		s, _ := with[name].(string)
		return s
	}
	if m := ours.FindStringSubmatch(uses); m != nil {
		return j.composite(filepath.Join("../..", filepath.FromSlash(m[1])), with)
	}
	name, _, _ := strings.Cut(uses, "@")
	switch name {
	case "actions/checkout":
		depth := "1"
		if d := text("fetch-depth"); d != "" {
			depth = d
		}
		ref := j.values["github"].(map[string]any)["ref_name"].(string)
		git(j.T, ".", "clone", "--quiet", "--depth", depth, "--branch", ref, "file://"+j.origin, j.workspace)
	case "actions/setup-go":
		require.FileExists(j, filepath.Join(j.workspace, text("go-version-file")))
	case "actions/cache":
	case "actions/upload-artifact":
		files, err := doublestar.Glob(os.DirFS(j.workspace), text("path"), doublestar.WithFilesOnly())
		require.NoError(j, err)
		if text("if-no-files-found") != "ignore" {
			require.NotEmpty(j, files, "%s: nothing to upload for %s", j.name, text("path"))
		}
		for _, f := range files {
			copyFile(j.T, filepath.Join(j.artifacts, text("name"), f), filepath.Join(j.workspace, f))
		}
	case "actions/download-artifact":
		dirs, err := filepath.Glob(filepath.Join(j.artifacts, text("pattern")))
		require.NoError(j, err)
		for _, dir := range dirs {
			to := text("path")
			if !filepath.IsAbs(to) {
				to = filepath.Join(j.workspace, to)
			}
			if text("merge-multiple") != "true" {
				to = filepath.Join(to, filepath.Base(dir))
			}
			require.NoError(j, filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
				if rel, _ := filepath.Rel(dir, name); err == nil && !d.IsDir() {
					copyFile(j.T, filepath.Join(to, rel), name)
				}
				return err
			}))
		}
	case "github/codeql-action/upload-sarif":
		content, err := os.ReadFile(filepath.Join(j.workspace, text("sarif_file")))
		require.NoError(j, err)
		j.uploads[j.name] = content
	default:
		j.Fatalf("what does %s do?", uses)
	}
	return true, nil
}

// composite runs an action of this repository.
func (j *job) composite(dir string, with map[string]any) (good bool, outputs map[string]any) {
	abs, err := filepath.Abs(dir)
	require.NoError(j, err)
	a := readAction(j.T, dir)
	w, errs := actionlint.Parse(a.asWorkflow(j.T))
	require.Empty(j, errs)
	inner := &job{runner: j.runner, name: j.name, workspace: j.workspace, temp: j.temp, path: j.path}
	inputs := map[string]any{}
	for name, in := range a.Inputs {
		inputs[name] = in.Default
		if v, ok := with[name]; ok {
			inputs[name] = v
		}
		require.False(j, in.Required && inputs[name] == "", "%s: input %s", dir, name)
	}
	inner.values = maps.Clone(j.values)
	inner.values["inputs"], inner.values["steps"] = inputs, map[string]any{}
	inner.steps(w.Jobs["action"].Steps, abs)
	j.path = inner.path
	_, err = io.Copy(&j.log, &inner.log)
	require.NoError(j, err)
	outputs = map[string]any{}
	for name, o := range a.Outputs {
		outputs[name] = inner.expand(o.Value)
	}
	return !inner.failed, outputs
}

// An action is what stands in an action.yml.
type action struct {
	Name, Description string
	Inputs            map[string]struct {
		Description, Default string
		Required             bool
	}
	Outputs map[string]struct{ Description, Value string }
	Runs    struct {
		Using string
		Steps []map[string]any
	}
}

func readAction(t *testing.T, dir string) *action {
	content, err := os.ReadFile(filepath.Join(dir, "action.yml"))
	require.NoError(t, err)
	a := new(action)
	d := yaml.NewDecoder(bytes.NewReader(content))
	d.KnownFields(true)
	require.NoError(t, d.Decode(a))
	return a
}

// asWorkflow returns a workflow of the same steps, with the same inputs.
func (a *action) asWorkflow(t *testing.T) []byte {
	inputs := map[string]any{}
	for name, in := range a.Inputs {
		inputs[name] = map[string]any{"type": "string", "default": in.Default, "description": in.Description}
	}
	out, err := yaml.Marshal(map[string]any{
		"on":   map[string]any{"workflow_call": map[string]any{"inputs": inputs}},
		"jobs": map[string]any{"action": map[string]any{"runs-on": "ubuntu-latest", "steps": a.Runs.Steps}},
	})
	require.NoError(t, err)
	return out
}

var placeholder = regexp.MustCompile(`\$\{\{(.*?)\}\}`)

// expand puts the values of expressions into a text.
func (j *job) expand(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(p string) string {
		return asText(j.evaluate(placeholder.FindStringSubmatch(p)[1]))
	})
}

// condition reports whether a step or a job runs.
func (j *job) condition(text string) bool {
	if m := placeholder.FindStringSubmatch(text); m != nil {
		text = m[1]
	}
	if !regexp.MustCompile(`\b(success|failure|cancelled|always)\(`).MatchString(text) {
		text = "success() && (" + text + ")"
	}
	return truthy(j.evaluate(text))
}

func (j *job) evaluate(text string) any {
	tree, err := actionlint.NewExprParser().Parse(actionlint.NewExprLexer(strings.TrimSpace(text) + "}}"))
	if err != nil {
		j.Fatalf("%s: %v", text, err)
	}
	return j.value(tree)
}

func (j *job) value(n actionlint.ExprNode) any {
	switch n := n.(type) {
	case *actionlint.VariableNode:
		v, ok := j.values[n.Name]
		require.True(j, ok, "context %s", n.Name)
		return v
	case *actionlint.ObjectDerefNode:
		m, _ := j.value(n.Receiver).(map[string]any)
		return m[n.Property]
	case *actionlint.StringNode:
		return n.Value
	case *actionlint.IntNode:
		return strconv.Itoa(n.Value)
	case *actionlint.BoolNode:
		return n.Value
	case *actionlint.NotOpNode:
		return !truthy(j.value(n.Operand))
	case *actionlint.LogicalOpNode:
		left := j.value(n.Left)
		if truthy(left) == (n.Kind == actionlint.LogicalOpNodeKindAnd) {
			return j.value(n.Right)
		}
		return left
	case *actionlint.CompareOpNode:
		equal := asText(j.value(n.Left)) == asText(j.value(n.Right))
		switch n.Kind {
		case actionlint.CompareOpNodeKindEq:
			return equal
		case actionlint.CompareOpNodeKindNotEq:
			return !equal
		}
	case *actionlint.FuncCallNode:
		switch n.Callee {
		case "success":
			return !j.failed
		case "failure":
			return j.failed
		case "always":
			return true
		case "cancelled":
			return false
		case "hashFiles", "hashfiles":
			files, err := doublestar.Glob(os.DirFS(j.workspace), asText(j.value(n.Args[0])))
			require.NoError(j, err)
			return strings.Join(files, " ")
		}
	}
	j.Fatalf("an expression that the runner does not know: %#v", n)
	return nil
}

func truthy(v any) bool { return v != nil && v != "" && v != false }

func asText(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

func copyFile(t *testing.T, to, from string) {
	content, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o755))
	require.NoError(t, os.WriteFile(to, content, 0o644))
}

// git runs git, and returns what it prints.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	identity := []string{"-c", "user.name=somebody", "-c", "user.email=somebody@example.com", "-c", "init.defaultBranch=main"}
	cmd := exec.CommandContext(t.Context(), "git", append(identity, args...)...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "git %s: %s", strings.Join(args, " "), out)
	return strings.TrimSpace(string(out))
}
