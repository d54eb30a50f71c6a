// Command benchsearch compares strategies: how many executions each needs to find the bugs of some tens of small programs, which are
// in testdata. They are of the shapes that the literature on concurrency testing compares strategies by.
//
//	go run ./internal/benchsearch [-seeds n] [-schedules n] [-strategies list] [-run regexp] [-race n] [-md]
//
// Predictions, which find many a deadlock whatever the strategy is, are left out: what is compared is what is tried when nothing
// is predicted. Each program runs under each strategy and seed in a process of its own, until something is found.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/jostle-dev/jostle/instrument"
	"github.com/jostle-dev/jostle/internal/strategy"
)

// mixed is what the mix of all strategies is called.
const mixed = "mix"

func main() {
	log.SetFlags(0)
	log.SetPrefix("benchsearch: ")
	var b bench
	only := flag.String("run", "", "only the programs whose tests match this `regexp`")
	strategies := flag.String("strategies", mixed+","+strings.Join(strategy.Names(), ","), "the strategies, as a `list`")
	flag.IntVar(&b.seeds, "seeds", 20, "how many seeds each program is run with")
	flag.IntVar(&b.budget, "schedules", 10_000, "how many schedules of a program are run at most")
	flag.IntVar(&b.natively, "race", 0, "also run each program up to `n` times under go test -race, without jostle; 0 for not at all")
	flag.BoolVar(&b.markdown, "md", false, "print a table for docs")
	flag.Parse()
	b.strategies = strings.Split(*strategies, ",")
	if err := b.run(context.Background(), *only); err != nil {
		log.Fatal(err)
	}
}

// A bench is what is run.
type bench struct {
	seeds, budget, natively int
	strategies              []string
	markdown                bool

	dir    string // of the programs
	temp   string
	binary string
	env    []string
}

func (b *bench) run(ctx context.Context, only string) error {
	for _, s := range b.strategies {
		if err := strategy.CheckName(strings.TrimPrefix(s, mixed)); err != nil {
			return fmt.Errorf("-strategies %w", err)
		}
	}
	pattern, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	if b.temp, err = os.MkdirTemp("", "benchsearch"); err != nil {
		return err
	}
	defer os.RemoveAll(b.temp)
	b.dir = filepath.Join(b.temp, "kernels")
	if err := os.CopyFS(b.dir, os.DirFS(filepath.Join("internal", "benchsearch", "testdata", "kernels"))); err != nil {
		return fmt.Errorf("run it at the top of the repository: %w", err)
	}
	programs, err := b.programs(pattern)
	if err != nil {
		return err
	}
	if err := b.build(ctx); err != nil {
		return err
	}
	began := time.Now()
	results, err := b.search(ctx, programs)
	if err != nil {
		return err
	}
	searched := time.Since(began)
	t := newTable(b, programs, results)
	if b.natively > 0 {
		if t.native, err = b.native(ctx, programs); err != nil {
			return err
		}
	}
	if err := t.print(os.Stdout); err != nil {
		return err
	}
	_, err = fmt.Printf("\n%d programs, %d seeds, %v on %d processors\n", len(programs), b.seeds, searched.Round(time.Second), runtime.GOMAXPROCS(0))
	return err
}

var testFunc = regexp.MustCompile(`(?m)^func (Test\w+)\(`)

// programs returns the names of the tests that match.
func (b *bench) programs(pattern *regexp.Regexp) (names []string, err error) {
	files, err := filepath.Glob(filepath.Join(b.dir, "*_test.go"))
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		content, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		for _, m := range testFunc.FindAllStringSubmatch(string(content), -1) {
			if pattern.MatchString(m[1]) {
				names = append(names, m[1])
			}
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("-run %s: no program matches", pattern)
	}
	slices.Sort(names)
	return names, nil
}

// outside is the environment of commands about the programs, which are a module of their own.
func (b *bench) outside() []string { return append(os.Environ(), "GOWORK=off", "PWD="+b.dir) }

// build builds the instrumented test binary of the programs.
func (b *bench) build(ctx context.Context) error {
	res, err := instrument.Prepare(ctx, instrument.Config{Dir: b.dir, Patterns: []string{"."}, Env: b.outside()})
	if err == nil {
		err = res.Err()
	}
	if err != nil {
		return err
	}
	b.binary, b.env = filepath.Join(b.temp, "kernels.test"), res.TestEnviron()
	cmd := exec.CommandContext(ctx, res.Go, "test", "-c", "-o", b.binary, ".")
	cmd.Dir, cmd.Env = b.dir, res.Environ()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", cmd, err, out)
	}
	return nil
}
