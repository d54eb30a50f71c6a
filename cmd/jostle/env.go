package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

func newEnv() *cobra.Command {
	var build buildFlags
	var asJSON bool
	c := &cobra.Command{
		Use:   "env [packages]",
		Short: "Instrument packages and print the environment in which go builds from the result",
		Long: `Instrument packages and print the environment in which go builds from the result:

	eval "$(jostle env ./...)"
	go test -fuzz=FuzzX ./pkg

The environment stands for the sources as they are now. After an edit, evaluate it again.`,
		RunE: func(c *cobra.Command, patterns []string) error {
			res, err := build.prepare(c.Context(), patterns, c.ErrOrStderr())
			if err != nil {
				return err
			}
			out := c.OutOrStdout()
			if asJSON {
				return json.NewEncoder(out).Encode(res.Env)
			}
			for _, name := range slices.Sorted(maps.Keys(res.Env)) {
				fmt.Fprintf(out, "export %s=%s\n", name, shellQuote(res.Env[name]))
			}
			return nil
		},
	}
	build.register(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print a JSON object and no shell commands")
	return c
}

// shellQuote makes one word of s for a POSIX shell.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
