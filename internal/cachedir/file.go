package cachedir

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
)

// kept is the name of a file in its directory of the cache.
const kept = "file"

// Take gives another name to the file that a cache keeps under a kind and a key, and reports whether it has one. Where links cannot be
// made it is a copy. So it is not to be written to, but it may be replaced. Nothing else may have that name.
func Take(cache, kind, key, name string) bool {
	dir := filepath.Join(cache, kind, key)
	if linkOrCopy(filepath.Join(dir, kept), name) != nil {
		return false
	}
	Used(dir)
	return true
}

// Read returns the content of the file that a cache keeps under a kind and a key.
func Read(cache, kind, key string) ([]byte, error) {
	dir := filepath.Join(cache, kind, key)
	content, err := os.ReadFile(filepath.Join(dir, kept))
	if err == nil {
		Used(dir)
	}
	return content, err
}

// Write keeps a content, as Keep keeps a file.
func Write(cache, kind, key string, content []byte) error {
	return replace(filepath.Join(cache, kind, key), func(temp string) error { return os.WriteFile(temp, content, 0o644) })
}

// Keep keeps a file in a cache under a kind and a key, instead of what was kept there. It may be another name of the same file. Another
// process finds either the one or the other, and both are whole.
func Keep(cache, kind, key, name string) error {
	dir := filepath.Join(cache, kind, key)
	final := filepath.Join(dir, kept)
	if same(final, name) {
		return nil
	}
	return replace(dir, func(temp string) error { return linkOrCopy(name, temp) })
}

// replace puts what fill writes to a file temp in the place of the file that is kept in a directory.
func replace(dir string, fill func(temp string) error) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(filepath.Dir(dir), Partial)
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	if err := fill(filepath.Join(temp, kept)); err != nil {
		return err
	}
	return Rename(filepath.Join(temp, kept), filepath.Join(dir, kept))
}

func linkOrCopy(from, to string) error {
	if os.Link(from, to) == nil {
		return nil
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, info.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if closing := out.Close(); err == nil {
		err = closing
	}
	if err != nil {
		_ = os.Remove(to)
	}
	return err
}

// same reports whether two files are one or have the same content.
func same(a, b string) bool {
	inA, err := os.Stat(a)
	if err != nil {
		return false
	}
	inB, err := os.Stat(b)
	if err != nil || os.SameFile(inA, inB) || inA.Size() != inB.Size() {
		return err == nil && os.SameFile(inA, inB)
	}
	contentA, errA := os.ReadFile(a)
	contentB, errB := os.ReadFile(b)
	return errA == nil && errB == nil && bytes.Equal(contentA, contentB)
}
