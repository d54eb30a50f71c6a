package pipeline

import (
	"encoding/binary"
	"fmt"
	"io"
)

// A file of records is made for writing as a stream: each chunk has its length before it, and there is nothing else. How
// large a chunk is, and where the next one begins, is known only when the file has been read that far.

// recordHeader is the length of a chunk's header: its length as 8 bytes, the least significant first.
const recordHeader = 8

// WriteRecords writes a file of records to w, each table as one of them. [ScanRecords] reads it. It returns an error of w,
// or if the tables' schemas differ. Several calls with the same w make one file.
func WriteRecords(w io.Writer, tables ...*Table) error {
	if err := sameSchema(tables); err != nil {
		return err
	}
	for _, t := range tables {
		record := encodeChunk(make([]byte, recordHeader), t.columns)
		binary.LittleEndian.PutUint64(record, uint64(len(record)-recordHeader))
		if _, err := w.Write(record); err != nil {
			return fmt.Errorf("pipeline: write records: %w", err)
		}
	}
	return nil
}

// records is a [locator] that goes from header to header.
type records struct {
	file   io.ReaderAt
	size   int64
	number int
	offset int64 // of the next header
}

// ScanRecords returns a source that reads a file of records of size bytes: one that [WriteRecords] made of tables with
// this schema. It returns an error if the schema is not valid. Errors in the file are found when it is read, and name the
// chunk, counted from 0.
//
// A query reads the file ahead. A ReadAt that blocks cannot be interrupted: a query that is cancelled waits for it to
// return.
func ScanRecords(file io.ReaderAt, size int64, schema Schema) (Source, error) {
	if err := schema.Validate(); err != nil {
		return nil, err
	}
	return &chunkScan{schema: schema, file: file, chunks: &records{file: file, size: size}}, nil
}

func (r *records) next() (extent, error) {
	if r.offset == r.size {
		return extent{}, io.EOF
	}
	at := extent{number: r.number, offset: r.offset + recordHeader}
	var header [recordHeader]byte
	if _, err := readFull(r.file, header[:], r.offset); err != nil {
		return extent{}, chunkError(at, err)
	}
	length := binary.LittleEndian.Uint64(header[:])
	if left := r.size - at.offset; left < 0 || length > uint64(left) {
		return extent{}, chunkError(at, io.ErrUnexpectedEOF)
	}
	at.length = int64(length)
	r.offset = at.offset + at.length
	r.number++
	return at, nil
}

func (r *records) readsFile() bool { return true }
