package instrument

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"

	"github.com/jostle-dev/jostle"
	"github.com/jostle-dev/jostle/internal/cachedir"
)

// thirdParty returns the sources of a package that the runtime needs and others have written, by name. They are those of the
// version that this module requires, from the go command's module cache, which takes them from where the user says
// (GOPROXY) if they are not there. The cache keeps them.
func (c *Config) thirdParty(ctx context.Context, importPath string) (map[string][]byte, error) {
	mod, sum, err := requirement(importPath)
	if err != nil {
		return nil, err
	}
	key := sha256.Sum256([]byte(importPath + "@" + mod.Version))
	name := hex.EncodeToString(key[:16])
	kept := filepath.Join(c.CacheDir, "module", name)
	if files, err := goFiles(kept); err == nil && len(files) > 0 {
		cachedir.Used(kept)
		return files, nil
	}
	dir, err := c.download(ctx, mod)
	if err != nil {
		return nil, err
	}
	switch is, err := dirhash.HashDir(dir, mod.String(), dirhash.Hash1); {
	case err != nil:
		return nil, fmt.Errorf("read %s, which jostle needs: %w", dir, err)
	case is != sum:
		return nil, fmt.Errorf("%s is not %s as jostle knows it: its checksum is %s and not %s. Remove it: go clean -modcache, or that directory alone", dir, mod, is, sum)
	}
	files, err := goFiles(filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(importPath, mod.Path))))
	if err != nil {
		return nil, fmt.Errorf("read %s, which jostle needs: %w", importPath, err)
	}
	_, err = c.store("module", name, files)
	return files, err
}

// requirement returns the module, in the version that this one requires, that a package is in, and its checksum.
func requirement(importPath string) (mod module.Version, sum string, err error) {
	gomod, err := modfile.ParseLax("go.mod", jostle.GoMod, nil)
	if err != nil {
		return mod, "", err
	}
	for _, r := range gomod.Require {
		if (importPath == r.Mod.Path || strings.HasPrefix(importPath, r.Mod.Path+"/")) && len(r.Mod.Path) > len(mod.Path) {
			mod = r.Mod
		}
	}
	for line := range strings.Lines(string(jostle.GoSum)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == mod.Path && f[1] == mod.Version {
			return mod, f[2], nil
		}
	}
	return mod, "", fmt.Errorf("jostle's own go.mod and go.sum do not have a module for %s", importPath)
}

// download returns the directory of a module in the module cache. What is wrong is in an error that says what to do.
func (c *Config) download(ctx context.Context, mod module.Version) (string, error) {
	outside, err := os.MkdirTemp("", "jostle-download-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(outside)
	name, err := goPath(c.Env)
	if err != nil {
		return "", err
	}
	alone := goCommand{name, outside, append(slices.Clip(c.Env), // the user's module has no say in it
		"GOFLAGS=-mod=mod", "GOWORK=off", "GO111MODULE=on",
		"GONOSUMDB="+mod.Path)} // the checksum that counts is the one that we have
	var got struct{ Dir, Error string }
	out, err := alone.run(ctx, "mod", "download", "-json", mod.String())
	var failed *BuildError
	switch {
	case json.Unmarshal(out, &got) == nil && got.Dir != "":
		return got.Dir, nil
	case errors.As(err, &failed) && got.Error == "":
		got.Error = failed.Text
	case err != nil && !errors.As(err, &failed):
		return "", err
	}
	return "", fmt.Errorf("instrumented tests need %s, which is neither in the module cache nor to be had: %s\n"+
		"Fetch it once where there is a network: cd / && go mod download %s", mod, strings.TrimSpace(got.Error), mod)
}

// goFiles returns the Go files of a directory but for tests, by name.
func goFiles(dir string) (map[string][]byte, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, e := range entries {
		if name := e.Name(); e.Type().IsRegular() && strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			if files[name], err = os.ReadFile(filepath.Join(dir, name)); err != nil {
				return nil, err
			}
		}
	}
	return files, nil
}
