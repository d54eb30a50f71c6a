package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/tools/cover"

	"github.com/jostle-dev/jostle/internal/campaign"
	"github.com/jostle-dev/jostle/internal/finding"
)

// coverFlags are the flags of go test that ask for coverage. It is that of all executions together.
type coverFlags struct {
	on       bool
	profile  string
	mode     string
	packages string
}

// atomicCounters is the mode of coverage whose counters do not race.
const atomicCounters = "atomic"

func (f *coverFlags) register(c *cobra.Command) {
	c.Flags().BoolVar(&f.on, "cover", false, "say how much of the code all executions together have run")
	c.Flags().StringVar(&f.profile, "coverprofile", "", "write what they have run to this `file`, for go tool cover")
	c.Flags().StringVar(&f.mode, "covermode", "", "`set, count or atomic`, as for go test")
	c.Flags().StringVar(&f.packages, "coverpkg", "", "`patterns` of the packages to cover, as for go test")
}

func (f *coverFlags) asked() bool { return f.on || f.profile != "" || f.mode != "" || f.packages != "" }

// build returns the flags for go build.
func (f *coverFlags) build(overlay string) ([]string, error) {
	if !f.asked() {
		return nil, nil
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := []string{"-cover", "-toolexec=" + coverTools(self, overlay)}
	if f.mode != "" {
		args = append(args, "-covermode="+f.mode)
	}
	if f.packages != "" {
		args = append(args, "-coverpkg="+f.packages)
	}
	return args, nil
}

// coverTools returns what -toolexec is in a build with coverage.
func coverTools(self, overlay string) string {
	return shellQuote(self) + " " + coverTool + " -- " + shellQuote(overlay)
}

// args returns the arguments for the processes of a test binary.
func (f *coverFlags) args(b campaign.Binary) ([]string, error) {
	if !f.asked() {
		return nil, nil
	}
	dir := coverDir(b)
	return []string{"-test.gocoverdir=" + dir}, os.MkdirAll(dir, 0o777)
}

// coverDir is where the processes of a binary leave what they have covered.
func coverDir(b campaign.Binary) string { return b.Path + ".cover" }

// covered says how much the processes of a binary have run, as go test says it.
func (f *coverFlags) covered(ctx context.Context, b campaign.Binary) (string, error) {
	if !f.asked() {
		return "", nil
	}
	profile := b.Path + ".profile"
	if err := covdata(ctx, profile, coverDir(b)); err != nil {
		return "", err
	}
	files, err := cover.ParseProfiles(profile)
	if err != nil {
		return "", err
	}
	run, all := 0, 0
	for _, file := range files {
		for _, block := range file.Blocks {
			if all += block.NumStmt; block.Count > 0 {
				run += block.NumStmt
			}
		}
	}
	if all == 0 {
		return "coverage: [no statements]", nil
	}
	in := ""
	if f.packages != "" {
		in = " in " + f.packages
	}
	return fmt.Sprintf("coverage: %.1f%% of statements%s", 100*float64(run)/float64(all), in), nil
}

// write writes the profile that was asked for.
func (f *coverFlags) write(ctx context.Context, binaries []campaign.Binary, temp string) error {
	if f.profile == "" || len(binaries) == 0 {
		return nil
	}
	var dirs []string
	for _, b := range binaries {
		dirs = append(dirs, coverDir(b))
	}
	all := filepath.Join(temp, "all.profile")
	if err := covdata(ctx, all, dirs...); err != nil {
		return err
	}
	content, err := os.ReadFile(all)
	if err != nil {
		return err
	}
	return finding.WriteFile(f.profile, content)
}

// covdata merges what processes have left in directories to one profile.
func covdata(ctx context.Context, profile string, dirs ...string) error {
	var said bytes.Buffer
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "go", "tool", "covdata", "textfmt", "-i="+strings.Join(dirs, ","), "-o="+profile)
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("run go tool covdata: %w\n%s", err, strings.TrimSpace(said.String()))
	}
	return nil
}
