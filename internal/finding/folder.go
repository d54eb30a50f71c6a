package finding

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"
)

// A Folder is where the findings of a package are kept: Dir in the package's directory or, if nothing can be written there, a folder
// elsewhere.
type Folder struct {
	Path    string // absolute
	Package string // the package's directory if the folder lies elsewhere, "" if it lies in that directory
}

// FolderOf returns the folder for the findings of the package in a directory. It is made with the first finding.
func FolderOf(pkgDir, elsewhere string) Folder {
	if dir := filepath.Join(pkgDir, filepath.FromSlash(Dir)); Writable(dir) {
		return Folder{Path: dir}
	}
	return Folder{Path: Elsewhere(pkgDir, elsewhere), Package: pkgDir}
}

// Elsewhere returns the folder below elsewhere that belongs to the package in a directory. It is the same for all names that lead to
// the directory.
func Elsewhere(pkgDir, elsewhere string) string {
	if real, err := filepath.EvalSymlinks(pkgDir); err == nil {
		pkgDir = real
	}
	hash := sha256.Sum256([]byte(pkgDir))
	return filepath.Join(elsewhere, fmt.Sprintf("%s-%x", filepath.Base(pkgDir), hash[:4]))
}

// File returns what the report of a finding calls a file in the folder: from the package's directory if the folder lies there.
func (f Folder) File(name string) string {
	if f.Package == "" {
		return path.Join(Dir, name)
	}
	return filepath.ToSlash(filepath.Join(f.Path, name))
}

// Writable reports whether a file can be made in a directory, which need not be there yet. It leaves nothing behind.
func Writable(dir string) bool {
	for {
		info, err := os.Stat(dir)
		switch {
		case err == nil:
			return info.IsDir() && writable(dir)
		case !errors.Is(err, fs.ErrNotExist):
			return false // there is a file in its way, or it cannot be looked at
		}
		if _, err := os.Lstat(dir); err == nil {
			return false // a link that leads to nothing
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return false
		}
		dir = parent
	}
}

// Absent reports whether err, of reading a file, says that there is none: nor is there one below something that is no directory.
func Absent(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) }
