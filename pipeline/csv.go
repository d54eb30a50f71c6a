package pipeline

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// csvScan reads a table from text with comma-separated values.
type csvScan struct {
	schema Schema
	reader *csv.Reader
	// fields says which field of a record belongs to each column. It is nil until the header was read.
	fields []int
	err    error // the end, once reached; a broken text is not read any further
}

// ScanCSV returns a source that reads comma-separated values (RFC 4180, as [encoding/csv] has it) from r. The first
// record is a header, which must name every column of the schema once; columns that the schema does not name are
// skipped. All records have as many fields as the header.
//
// What is wrong with the text is found while it is read: Next then returns an error that names the line, counted from 1,
// and keeps returning it. A Read that blocks cannot be interrupted; a query that is cancelled waits for it to return.
//
// ScanCSV itself returns an error only if the schema is not valid.
func ScanCSV(r io.Reader, schema Schema) (Source, error) {
	if err := schema.Validate(); err != nil {
		return nil, err
	}
	reader := csv.NewReader(r)
	reader.ReuseRecord = true
	return &csvScan{schema: schema, reader: reader}, nil
}

func (s *csvScan) Schema() Schema { return s.schema }

func (s *csvScan) Next(limit int) (Batch, error) {
	if s.err != nil {
		return nil, s.err
	}
	batch := make(Batch, len(s.schema))
	for i, f := range s.schema {
		batch[i].typ = f.Type
	}
	for batch.Rows() < limit {
		if s.err = s.appendRecord(batch); s.err != nil {
			break
		}
	}
	// Rows before a broken line are delivered first, so that what a query reads does not depend on its morsel size.
	if batch.Rows() > 0 {
		return batch, nil
	}
	return nil, s.err
}

// appendRecord reads one record into batch, or nothing if it returns an error.
func (s *csvScan) appendRecord(batch Batch) error {
	if s.fields == nil {
		if err := s.readHeader(); err != nil {
			return err
		}
	}
	record, err := s.reader.Read()
	if err != nil {
		return csvError(err)
	}
	// All fields are parsed before any is stored, or the columns would differ in length after a bad one.
	numbers := make([]int64, len(batch))
	for i, f := range s.schema {
		if f.Type != Int64 {
			continue
		}
		field := s.fields[i]
		numbers[i], err = strconv.ParseInt(strings.TrimSpace(record[field]), 10, 64)
		if err != nil {
			line, _ := s.reader.FieldPos(field)
			return fmt.Errorf("pipeline: csv line %d, column %q: %w", line, f.Name, err)
		}
	}
	for i := range batch {
		if c := &batch[i]; c.typ == String {
			c.strings = append(c.strings, strings.Clone(record[s.fields[i]]))
		} else {
			c.ints = append(c.ints, numbers[i])
		}
	}
	return nil
}

// readHeader finds the columns of the schema in the first record.
func (s *csvScan) readHeader() error {
	header, err := s.reader.Read()
	if errors.Is(err, io.EOF) {
		return errors.New("pipeline: csv line 1: no header")
	}
	if err != nil {
		return csvError(err)
	}
	line, _ := s.reader.FieldPos(0)
	position := make(map[string]int, len(header))
	for i, name := range header {
		if _, twice := position[name]; twice {
			return fmt.Errorf("pipeline: csv line %d: column %q appears twice in the header", line, name)
		}
		position[name] = i
	}
	fields := make([]int, len(s.schema))
	for i, f := range s.schema {
		field, ok := position[f.Name]
		if !ok {
			return fmt.Errorf("pipeline: csv line %d: no column %q in the header", line, f.Name)
		}
		fields[i] = field
	}
	s.fields = fields
	return nil
}

// csvError words the errors of [csv.Reader] like those of this package.
func csvError(err error) error {
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return fmt.Errorf("pipeline: csv line %d, byte %d: %w", parse.Line, parse.Column, parse.Err)
	}
	return fmt.Errorf("pipeline: csv: %w", err)
}
