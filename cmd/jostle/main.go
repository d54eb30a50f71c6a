// Command jostle finds deadlocks, goroutine leaks and other concurrency bugs in unmodified Go code by taking over its
// schedule. See the README for how to begin.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/jostle-dev/jostle/instrument"
	"github.com/jostle-dev/jostle/internal/goenv"
)

// Exit codes.
const (
	exitFine  = 0
	exitFound = 1
	exitUsage = 2 // or the code does not build
)

// errFound ends a command that has found something and has said so.
var errFound = errors.New("found something")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM) // the go command passes signals on
	defer stop()
	if os.Getenv("GOGC") == "" {
		// What is read of the packages to rewrite lives until all are. To look for garbage as often as by default takes a fifth of that time.
		debug.SetGCPercent(400)
	}
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run runs the command in the environment that its user has, whatever an earlier jostle env has set, and returns its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if err := goenv.RestoreProcess(); err != nil {
		fmt.Fprintln(stderr, "jostle:", err)
		return exitUsage
	}
	root := &cobra.Command{
		Use:           "jostle",
		Short:         "Find deadlocks and goroutine leaks in unmodified Go code by taking over its schedule",
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       ownVersion(),
	}
	begun := false // flags and arguments are as the command takes them
	root.PersistentPreRun = func(*cobra.Command, []string) { begun = true }
	root.SetVersionTemplate("{{.Version}}\n")
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetArgs(goStyle(args))
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.AddCommand(newCorpus(), newCoverTool(), newEnv(), newExplain(), newExplore(), newFuzz(), newLibfuzzer(), newReplay(), newReport(), newTest(), newVersion())
	switch cmd, err := root.ExecuteContextC(ctx); {
	case err == nil:
		return exitFine
	case errors.Is(err, errFound):
		return exitFound
	default:
		var build *instrument.BuildError
		var flag *pflag.InvalidValueError
		switch {
		case errors.As(err, &build):
			fmt.Fprintln(stderr, build.Text) // the go command's own words need no name before them
		case errors.As(err, &flag):
			fmt.Fprintf(stderr, "jostle: -%s %s: %v\n", flag.GetFlag().Name, flag.GetValue(), reason(flag.Unwrap()))
		default:
			fmt.Fprintln(stderr, "jostle:", err)
		}
		if !begun {
			fmt.Fprintln(stderr, usage(cmd))
		}
		return exitUsage
	}
}

// reason says what is wrong with the value of a flag, without the name of the function that has seen it.
func reason(err error) error {
	var number *strconv.NumError
	if errors.As(err, &number) {
		return number.Err
	}
	return err
}

// usage says how a command is written, for who has written it otherwise.
func usage(cmd *cobra.Command) string {
	help := "see " + cmd.CommandPath() + " --help"
	if !cmd.Runnable() {
		return help
	}
	return "usage: " + cmd.UseLine() + "; " + help
}

// goStyle lets flags be written with one dash, as those of the go command are: the library would read -run as -r -u -n.
func goStyle(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		if a == "--" {
			copy(out[i:], args[i:])
			break
		}
		if a == testArgs || a == "-"+testArgs { // kept, and whatever follows it
			return append(append(out[:i], "--", testArgs), args[i+1:]...)
		}
		if len(a) > 2 && a[0] == '-' && a[1] != '-' && a[2] != '=' {
			a = "-" + a
		}
		out[i] = a
	}
	return out
}
