package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// coverTool is the command that go build runs its tools with, in builds with coverage: the tool cover reads the original files
// where there is an overlay (go.dev/issue/73802), and what it has written is then compiled.
const coverTool = "covertool"

func newCoverTool() *cobra.Command {
	return &cobra.Command{
		Use: coverTool + " -- overlay tool [args]", Hidden: true, Args: cobra.MinimumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			overlay, tool, args := args[0], args[1], args[2:]
			cmd := exec.CommandContext(c.Context(), tool, args...)
			cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, c.OutOrStdout(), c.ErrOrStderr()
			if strings.TrimSuffix(filepath.Base(tool), ".exe") != "cover" {
				return cmd.Run()
			}
			if len(args) == 1 && args[0] == "-V=full" { // to the build cache it is another tool
				cmd.Stdout = nil
				version, err := cmd.Output()
				fmt.Fprintf(c.OutOrStdout(), "%s jostle\n", strings.TrimSpace(string(version)))
				return err
			}
			content, err := os.ReadFile(overlay)
			if err != nil {
				return err
			}
			var files struct{ Replace map[string]string }
			if err := json.Unmarshal(content, &files); err != nil {
				return fmt.Errorf("%s: %w", overlay, err)
			}
			for i, a := range args {
				name, err := filepath.Abs(a)
				if replaced, ok := files.Replace[name]; ok && err == nil {
					cmd.Args[i+1] = replaced
				}
			}
			return cmd.Run()
		},
	}
}
