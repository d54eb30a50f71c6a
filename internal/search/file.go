package search

import (
	"encoding/json"
	"os"

	"github.com/jostle-dev/jostle/internal/finding"
)

// Read reads an exploration from a file.
func Read(name string) (*Exploration, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	e := &Exploration{Seen: map[uint64]bool{}}
	return e, json.Unmarshal(content, e)
}

// Write writes the exploration to a file, whole or not at all. The file's folder is made if need be.
func (e *Exploration) Write(name string) error {
	content, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return finding.WriteFile(name, content)
}
