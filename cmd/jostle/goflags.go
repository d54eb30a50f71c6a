package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/jostle-dev/jostle/internal/goenv"
)

// inGoflags are the flags of go test that mean the same here. In GOFLAGS they count as they do for go test. -timeout is not among them:
// it is that of a package there, and of the whole run here.
var inGoflags = []string{"count", "cover", "covermode", "coverpkg", "coverprofile", "json", "race", "run", "short", "skip", "v", "vet"}

// obeyGoflags sets those flags of a command that are in GOFLAGS and not on the command line.
func obeyGoflags(c *cobra.Command) error {
	goflags, set := os.LookupEnv("GOFLAGS")
	if !set { // it may be in the file of go env -w
		out, err := exec.CommandContext(c.Context(), "go", "env", "GOFLAGS").Output()
		if err != nil {
			return nil // which is said, in Go's own words, where packages are looked for
		}
		goflags = strings.TrimSpace(string(out))
	}
	given := map[*pflag.Flag]bool{}
	c.Flags().Visit(func(f *pflag.Flag) { given[f] = true })
	for _, f := range goenv.SplitFlags(goflags) {
		name, value, ok := strings.Cut(strings.TrimLeft(f, "-"), "=")
		if !slices.Contains(inGoflags, name) {
			continue
		}
		flag := c.Flags().Lookup(name)
		if flag == nil && len(name) == 1 {
			flag = c.Flags().ShorthandLookup(name)
		}
		if flag == nil || given[flag] {
			continue
		}
		if !ok {
			value = flag.NoOptDefVal
		}
		if err := c.Flags().Set(flag.Name, value); err != nil {
			return fmt.Errorf("GOFLAGS has %s: %v", f, reason(err))
		}
	}
	return nil
}
