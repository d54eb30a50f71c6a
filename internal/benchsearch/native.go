package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// hung is after how long a run of a program without jostle is a hang: all its runs together take less.
const hung = 20 * time.Second

// native runs each program under go test -race until it fails, b.natively times at most. It returns how many runs that took; 0 if the
// program did not fail.
func (b *bench) native(ctx context.Context, programs []string) (runs []int, err error) {
	binary := filepath.Join(b.temp, "native.test")
	build := exec.CommandContext(ctx, "go", "test", "-race", "-c", "-o", binary, ".")
	build.Dir, build.Env = b.dir, b.outside()
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%v: %w\n%s", build, err, out)
	}
	for _, name := range programs {
		var out bytes.Buffer
		cmd := exec.CommandContext(ctx, binary, "-test.v", "-test.failfast", "-test.run=^"+name+"$", "-test.count="+strconv.Itoa(b.natively), "-test.timeout="+hung.String())
		cmd.Dir, cmd.Stdout, cmd.Stderr = b.dir, &out, &out
		if cmd.Run() == nil {
			runs = append(runs, 0)
			continue
		}
		runs = append(runs, strings.Count(out.String(), "=== RUN "))
	}
	return runs, nil
}
