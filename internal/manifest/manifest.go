// Package manifest records which sources a build was instrumented from, so that a test can tell when they have changed
// since: go builds from the rewritten copies whatever happens to the originals.
package manifest

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Env is the environment variable that names the manifest of the build in use.
const Env = "JOSTLE_MANIFEST"

// Command is how people call jostle where it is installed.
const Command = "jostle"

// A Manifest is what a set of packages was instrumented from.
type Manifest struct {
	Version string            `json:",omitempty"` // of the jostle that has instrumented it
	Command string            `json:",omitempty"` // how people call jostle there: "go tool jostle"; "" for Command
	Dirs    map[string]string // hash of the Go files of each package that can be edited, by directory
}

// A Sum is a hash of the content of a file.
type Sum = [sha256.Size]byte

// SumFile returns the hash of a file.
func SumFile(name string) (Sum, error) {
	content, err := os.ReadFile(name)
	return sha256.Sum256(content), err
}

// HashDir returns a hash of the names and contents of the Go files in a directory. Sum is SumFile, or returns what that has returned before.
func HashDir(dir string, sum func(name string) (Sum, error)) (string, error) {
	entries, err := os.ReadDir(dir) // sorted
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		content, err := sum(filepath.Join(dir, e.Name()))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s %x\n", e.Name(), content)
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}

// Read reads a manifest.
func Read(name string) (*Manifest, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read what was instrumented: %w", err)
	}
	m := new(Manifest)
	if err := json.Unmarshal(content, m); err != nil {
		return nil, fmt.Errorf("read what was instrumented: %s: %w", name, err)
	}
	return m, nil
}

// Stale returns the directories whose Go files are not what they were when the manifest was written.
func (m *Manifest) Stale() []string {
	var out []string
	for dir, was := range m.Dirs {
		if is, err := HashDir(dir, SumFile); err != nil || is != was {
			out = append(out, dir)
		}
	}
	slices.Sort(out)
	return out
}
