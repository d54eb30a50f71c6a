package pipeline

import (
	"errors"
	"fmt"
	"io"
	"slices"
)

// union delivers the rows of several sources, one source after the other.
type union struct {
	sources []Source
	at      int // the source that is being read
}

// Union returns a source of the rows of all the given ones, in their order. A query that reads it reads those that are
// files of chunks ahead, all at the same time. Union returns an error if there is no source, or if their schemas differ.
func Union(sources ...Source) (Source, error) {
	if len(sources) == 0 {
		return nil, errors.New("pipeline: union of no sources")
	}
	for i, s := range sources {
		if want := sources[0].Schema(); !slices.Equal(s.Schema(), want) {
			return nil, fmt.Errorf("pipeline: union of different schemas: source %d has %v, source 0 has %v", i, s.Schema(), want)
		}
	}
	return &union{sources: slices.Clone(sources)}, nil
}

func (u *union) Schema() Schema { return u.sources[0].Schema() }

func (u *union) Next(limit int) (Batch, error) {
	for u.at < len(u.sources) {
		batch, err := u.sources[u.at].Next(limit)
		if !errors.Is(err, io.EOF) {
			return batch, err
		}
		u.at++
	}
	return nil, io.EOF
}
