// Package publish puts directories on a module proxy of files, as versions of modules: tests install and require there what is not
// published yet.
package publish

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// Directory publishes a directory as a version of a module, on the proxy that GOPROXY=file://… names by the folder. What is below
// another go.mod is not part of the module.
func Directory(proxy, dir, path, version string) error {
	escaped, err := module.EscapePath(path)
	if err != nil {
		return err
	}
	base := filepath.Join(proxy, filepath.FromSlash(escaped), "@v", version)
	if err := os.MkdirAll(filepath.Dir(base), 0o755); err != nil {
		return err
	}
	gomod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(base+".mod", gomod, 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(base+".info", fmt.Appendf(nil, `{"Version":%q}`, version), 0o644); err != nil {
		return err
	}
	if err := addToList(filepath.Dir(base), version); err != nil {
		return err
	}
	f, err := os.Create(base + ".zip")
	if err != nil {
		return err
	}
	if err := zip.CreateFromDir(f, module.Version{Path: path, Version: version}, dir); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

// addToList adds a version to those of which a proxy says that they are there.
func addToList(dir, version string) error {
	f, err := os.OpenFile(filepath.Join(dir, "list"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(f, version); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
