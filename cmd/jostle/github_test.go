package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/instrument"
	"github.com/jostle-dev/jostle/internal/finding"
)

func TestAnnotator(t *testing.T) {
	repo := t.TempDir()
	pkg := filepath.Join(repo, "in, out", "bank")
	f := &finding.Finding{
		Package: "example.com/bank", Test: "TestTransfer", Verdict: "deadlock", Rule: "2", Place: "../bank.go:17",
		Advice: "Choose one order.", Report: "deadlock: 100% of 2 goroutines (rule 2)\n  evidence\n\nwhat to change\n  Choose one\n  order.\n\nreplay\n  it\n",
	}
	name := filepath.Join(pkg, filepath.FromSlash(finding.Dir), f.Name())
	t.Chdir(repo)
	short := "in, out/bank/" + finding.Dir + "/" + f.Name()

	tests := []struct{ name, actions, root, want string }{
		{
			"in a workflow", "true", repo,
			"::error file=in%2C out/bank.go,line=17,title=jostle%3A deadlock (rule 2)::TestTransfer: deadlock: 100%25 of 2 goroutines (rule 2)%0A" +
				"Choose one order.%0Areplay: jostle replay " + short + "\n",
		},
		{"elsewhere", "", repo, ""},
		{"elsewhere, said otherwise", "false", repo, ""},
		{
			"without a root", "true", "",
			"::error file=" + inProperty.Replace(filepath.ToSlash(filepath.Join(repo, "in, out", "bank.go"))) + ",line=17,title=jostle%3A deadlock (rule 2)::TestTransfer: " +
				"deadlock: 100%25 of 2 goroutines (rule 2)%0AChoose one order.%0Areplay: jostle replay " + short + "\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("GITHUB_ACTIONS", tt.actions)
			t.Setenv("GITHUB_WORKSPACE", tt.root)
			var b strings.Builder
			newAnnotator(&b).finding(f, pkg, name, "jostle")
			assert.Equal(t, tt.want, b.String())
		})
	}
}

// A finding that could not be kept has no replay command, and the input of a fuzz target is named from where the command was run.
func TestAnnotatorFiles(t *testing.T) {
	t.Setenv("GITHUB_ACTIONS", "true")
	t.Chdir(t.TempDir())
	var b strings.Builder
	a := newAnnotator(&b)
	a.finding(&finding.Finding{Test: "TestLost", Verdict: "leak", Rule: "4", Report: "leak: one (rule 4)"}, "/pkg", "", "jostle")
	a.target(fuzzResult{
		target: fuzzTarget{"FuzzBank", instrument.Root{Dir: filepath.Join(workingDir(), "bank")}}, verdict: "leak", rule: "4",
		report: "leak: two (rule 4)", file: "testdata/fuzz/FuzzBank/1",
	})
	assert.Equal(t, "::error title=jostle%3A leak (rule 4)::TestLost: leak: one (rule 4)\n"+
		"::error title=jostle%3A leak (rule 4)::FuzzBank: leak: two (rule 4)%0Ainput: bank/testdata/fuzz/FuzzBank/1\n", b.String())
}

// A finding that is about no line of the repository is told of without one.
func TestAnnotatorWithoutPlace(t *testing.T) {
	t.Setenv("GITHUB_ACTIONS", "true")
	var b strings.Builder
	newAnnotator(&b).add("/pkg", "", "crash", "-", "it exited")
	assert.Equal(t, "::error title=jostle%3A crash::it exited\n", b.String())
}
