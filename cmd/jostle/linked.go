package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/instrument"
	"github.com/jostle-dev/jostle/internal/cachedir"
	"github.com/jostle-dev/jostle/internal/campaign"
)

// A linkedTest is a test binary that go test links under a name which it is given. It is kept in the cache. The go command does not link what
// is there already under that name, and is what it would link.
type linkedTest struct{ cache, key, name string }

// linkedBefore returns the test binary of the package in dir, as it is built with args of go test. There is one in the cache for all
// states of the sources: the one that was built last.
func linkedBefore(res *instrument.Result, dir, name string, args []string) linkedTest {
	args = slices.DeleteFunc(slices.Clone(args), func(a string) bool { return strings.HasPrefix(a, "-toolexec=") }) // is another for each state
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", res.Go, dir, args))
	l := linkedTest{res.Cache, hex.EncodeToString(sum[:16]), name}
	cachedir.Take(l.cache, "test", l.key, l.name)
	return l
}

// keep keeps the binary for the next time. If it cannot, it is linked again then.
func (l linkedTest) keep() { _ = cachedir.Keep(l.cache, "test", l.key, l.name) }

// test builds a test binary from instrumented sources, with flags of go test besides b's own.
func (b *buildFlags) test(ctx context.Context, res *instrument.Result, stderr io.Writer, flags []string, bin campaign.Binary) error {
	args := slices.Concat([]string{"test", "-c", "-vet=off"}, b.args(), b.hooks(res), b.linked(res), flags)
	kept := linkedBefore(res, bin.Dir, bin.Path, args)
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, res.Go, append(args, "-o", bin.Path, ".")...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = bin.Dir, append(res.Environ(), "PWD="+bin.Dir), stderr, &said
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("ended before the tests were built: %w", ctx.Err())
	case errors.As(err, &exit):
		return &instrument.BuildError{Text: strings.TrimSpace(said.String())}
	case err != nil:
		return fmt.Errorf("run go test -c: %w", err)
	}
	kept.keep()
	return nil
}
