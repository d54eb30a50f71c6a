package main

import (
	"cmp"
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of jostle, its revision, and the Go it was built with",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(c.OutOrStdout(), ownVersion())
			return err
		},
	}
}

// ownVersion returns the line of this program.
func ownVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = new(debug.BuildInfo)
	}
	return versionLine(info)
}

// versionLine returns what a build says of itself, in one line.
func versionLine(info *debug.BuildInfo) string {
	line := "jostle " + cmp.Or(info.Main.Version, "(unknown version)")
	setting := map[string]string{}
	for _, s := range info.Settings {
		setting[s.Key] = s.Value
	}
	if revision := setting["vcs.revision"]; revision != "" {
		line += " " + revision
		if setting["vcs.modified"] == "true" {
			line += " with changes"
		}
	}
	return line + " " + cmp.Or(info.GoVersion, "(unknown Go)") + " " + cmp.Or(setting["GOOS"], "?") + "/" + cmp.Or(setting["GOARCH"], "?")
}
