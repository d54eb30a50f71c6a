package pipeline

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A file of row groups is chunks one behind the other, and then a footer: the length of each chunk as a varint, the
// length of these, and a magic word. Where each chunk is, is known before any of them is read.

// footerEnd is the length of what follows the lengths.
const (
	footerMagic = "JGRP"
	footerEnd   = 8 + len(footerMagic)
)

// WriteRowGroups writes a file of row groups to w, each table as one of them. [ScanRowGroups] reads it. It returns an error
// of w, or if the tables' schemas differ.
func WriteRowGroups(w io.Writer, groups ...*Table) error {
	if err := sameSchema(groups); err != nil {
		return err
	}
	var footer []byte
	for _, t := range groups {
		chunk := encodeChunk(nil, t.columns)
		if _, err := w.Write(chunk); err != nil {
			return fmt.Errorf("pipeline: write row groups: %w", err)
		}
		footer = binary.AppendUvarint(footer, uint64(len(chunk)))
	}
	footer = binary.LittleEndian.AppendUint64(footer, uint64(len(footer)))
	if _, err := w.Write(append(footer, footerMagic...)); err != nil {
		return fmt.Errorf("pipeline: write row groups: %w", err)
	}
	return nil
}

// rowGroups is a [locator] by footer.
type rowGroups struct {
	extents []extent // those that are left
}

// ScanRowGroups returns a source that reads a file of row groups of size bytes: one that [WriteRowGroups] made of tables
// with this schema. It reads the footer at once, and returns an error if it cannot, or if there is none, or if the schema
// is not valid. Errors in the chunks are found when these are read, and name the chunk, counted from 0.
//
// A query reads the file ahead, several chunks at a time if it reads several files; then file is used by several
// goroutines. A ReadAt that blocks cannot be interrupted: a query that is cancelled waits for it to return.
func ScanRowGroups(file io.ReaderAt, size int64, schema Schema) (Source, error) {
	if err := schema.Validate(); err != nil {
		return nil, err
	}
	groups, err := readFooter(file, size)
	if err != nil {
		return nil, fmt.Errorf("pipeline: footer of row groups: %w", err)
	}
	return &chunkScan{schema: schema, file: file, chunks: groups}, nil
}

var errFooter = errors.New("the file does not end with one")

func readFooter(file io.ReaderAt, size int64) (*rowGroups, error) {
	size -= int64(footerEnd)
	if size < 0 {
		return nil, errFooter
	}
	end := make([]byte, footerEnd)
	if _, err := readFull(file, end, size); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint64(end)
	if string(end[8:]) != footerMagic || length > uint64(size) {
		return nil, errFooter
	}
	size -= int64(length)
	lengths := make([]byte, length)
	if _, err := readFull(file, lengths, size); err != nil {
		return nil, err
	}
	groups := &rowGroups{}
	offset := int64(0)
	for len(lengths) > 0 {
		v, n := binary.Uvarint(lengths)
		if n <= 0 || v > uint64(size-offset) {
			return nil, errFooter
		}
		groups.extents = append(groups.extents, extent{number: len(groups.extents), offset: offset, length: int64(v)})
		offset += int64(v)
		lengths = lengths[n:]
	}
	if offset != size {
		return nil, errFooter
	}
	return groups, nil
}

func (g *rowGroups) next() (extent, error) {
	if len(g.extents) == 0 {
		return extent{}, io.EOF
	}
	at := g.extents[0]
	g.extents = g.extents[1:]
	return at, nil
}

func (g *rowGroups) readsFile() bool { return false }
