package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/jostle-dev/jostle/internal/explain"
)

func newExplain() *cobra.Command {
	return &cobra.Command{
		Use:   "explain [verdict or rule]",
		Short: "Say what a verdict or a rule means, and how to fix what it is about",
		Long: `Say what a verdict or a rule means, with an example, and how to fix what it is about. Without an argument it lists
what there is.`,
		Example: "\tjostle explain deadlock\n\tjostle explain rule-1",
		RunE: func(c *cobra.Command, args []string) error {
			out := c.OutOrStdout()
			if len(args) == 0 {
				w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
				for _, t := range explain.All() {
					fmt.Fprintf(w, "%s\t%s\n", t.Name, t.Short)
				}
				return w.Flush()
			}
			name := strings.Join(args, " ")
			t, ok := explain.Find(name)
			if !ok {
				return fmt.Errorf("there is no verdict or rule %q: jostle explain lists them", name)
			}
			_, err := fmt.Fprintf(out, "%s: %s\n\n%s\n", t.Name, t.Short, t.Text)
			return err
		},
	}
}
