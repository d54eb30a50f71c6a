package search

import (
	"encoding/json"
	"os"
	"path/filepath"
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

// Write writes the exploration to a file, whole or not at all.
func (e *Exploration) Write(name string) error {
	content, err := json.Marshal(e)
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(name), "new-")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(content)
	if closed := temp.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(temp.Name(), name)
}
