package pipeline

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// A chunk is a batch as bytes, in which the columns can be decoded independently of each other: the number of rows, the
// length of each column's bytes, and then these. Integers are varints; a text is its length and its bytes.

// encodeChunk appends b to dst as a chunk.
func encodeChunk(dst []byte, b Batch) []byte {
	var lengths, values []byte
	for _, c := range b {
		before := len(values)
		values = appendColumn(values, c)
		lengths = binary.AppendUvarint(lengths, uint64(len(values)-before))
	}
	dst = binary.AppendUvarint(dst, uint64(b.Rows()))
	dst = append(dst, lengths...)
	return append(dst, values...)
}

func appendColumn(dst []byte, c Column) []byte {
	for _, n := range c.ints {
		dst = binary.AppendVarint(dst, n)
	}
	for _, s := range c.strings {
		dst = binary.AppendUvarint(dst, uint64(len(s)))
		dst = append(dst, s...)
	}
	return dst
}

// sameSchema returns an error if the tables cannot be in one file.
func sameSchema(tables []*Table) error {
	for i, t := range tables {
		if want := tables[0].schema; !slices.Equal(t.schema, want) {
			return fmt.Errorf("pipeline: tables of different schemas in one file: table %d has %v, table 0 has %v", i, t.schema, want)
		}
	}
	return nil
}

// encodedColumn is a column of a chunk.
type encodedColumn struct {
	typ  Type
	rows int
	data []byte
}

var errChunk = errors.New("its bytes are no such chunk")

// splitChunk returns the columns of a chunk, or an error if it does not fit the schema.
func splitChunk(s Schema, data []byte) ([]encodedColumn, error) {
	header := make([]int, 1+len(s)) // the rows, then the length of each column
	for i := range header {
		v, n := binary.Uvarint(data)
		if n <= 0 || v > uint64(len(data)) { // a row is at least a byte of a column
			return nil, errChunk
		}
		header[i], data = int(v), data[n:]
	}
	columns := make([]encodedColumn, len(s))
	for i, f := range s {
		length := header[1+i]
		if length > len(data) {
			return nil, errChunk
		}
		columns[i] = encodedColumn{typ: f.Type, rows: header[0], data: data[:length]}
		data = data[length:]
	}
	if len(data) > 0 {
		return nil, errChunk
	}
	return columns, nil
}

// decode returns the column's values.
func (e encodedColumn) decode() (Column, error) {
	c := Column{typ: e.typ}
	data := e.data
	for range e.rows {
		var n int
		if e.typ == String {
			var length uint64
			length, n = binary.Uvarint(data)
			if n <= 0 || length > uint64(len(data)-n) {
				return Column{}, errChunk
			}
			end := n + int(length)
			c.strings = append(c.strings, string(data[n:end]))
			n = end
		} else {
			var v int64
			if v, n = binary.Varint(data); n <= 0 {
				return Column{}, errChunk
			}
			c.ints = append(c.ints, v)
		}
		data = data[n:]
	}
	if len(data) > 0 {
		return Column{}, errChunk
	}
	return c, nil
}

// An extent is where a chunk is in its file.
type extent struct {
	number         int // from 0
	offset, length int64
}

// A chunkScan reads the chunks of a file one after the other.
type chunkScan struct {
	schema Schema
	file   io.ReaderAt
	chunks locator
	rest   Batch // what Next has not yet delivered of the last chunk it read
	err    error // the end, once reached
}

// A locator finds the chunks of a file, in their order. next returns [io.EOF] after the last.
type locator interface {
	next() (extent, error)
	// readsFile reports whether next has to read the file to find a chunk.
	readsFile() bool
}

func (s *chunkScan) Schema() Schema { return s.schema }

// Next reads a chunk whenever all of the one before has been delivered. Queries do not use it: they read ahead.
func (s *chunkScan) Next(limit int) (Batch, error) {
	for s.rest.Rows() == 0 {
		if s.err != nil {
			return nil, s.err
		}
		if s.rest, s.err = s.nextChunk(); s.err != nil {
			return nil, s.err
		}
	}
	var batch Batch
	batch, s.rest = s.rest.cut(limit)
	return batch, nil
}

func (s *chunkScan) nextChunk() (Batch, error) {
	at, err := s.chunks.next()
	if err != nil {
		return nil, err
	}
	columns, err := s.read(at)
	if err != nil {
		return nil, err
	}
	return decodeColumns(at, columns)
}

// decodeColumns decodes the columns of a chunk, one after the other.
func decodeColumns(at extent, columns []encodedColumn) (Batch, error) {
	batch := make(Batch, len(columns))
	for i, c := range columns {
		var err error
		if batch[i], err = c.decode(); err != nil {
			return nil, chunkError(at, err)
		}
	}
	return batch, nil
}

// read reads a chunk, without decoding it.
func (s *chunkScan) read(at extent) ([]encodedColumn, error) {
	data := make([]byte, at.length)
	if _, err := readFull(s.file, data, at.offset); err != nil {
		return nil, chunkError(at, err)
	}
	columns, err := splitChunk(s.schema, data)
	if err != nil {
		return nil, chunkError(at, err)
	}
	return columns, nil
}

// readFull fills data. Unlike [io.ReaderAt] it returns no error when it has, also at the end of the file.
func readFull(file io.ReaderAt, data []byte, offset int64) (int, error) {
	n, err := file.ReadAt(data, offset)
	switch {
	case n == len(data):
		return n, nil
	case errors.Is(err, io.EOF):
		return n, io.ErrUnexpectedEOF
	}
	return n, err
}

func chunkError(at extent, err error) error {
	return fmt.Errorf("pipeline: chunk %d at byte %d: %w", at.number, at.offset, err)
}
