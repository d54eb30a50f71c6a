package fuzz

import (
	"errors"
	"testing"

	"github.com/jostle-dev/jostle/harness"
	"github.com/jostle-dev/jostle/pipeline"
)

// FuzzFeed looks for schedules under which a query hangs whose output fails.
func FuzzFeed(f *testing.F) {
	harness.Fuzz(f, feed(pipeline.Right))
}

// FuzzFeedBroken must find the feeder that has looked whether it was cancelled and then sends to encoders that have ended.
func FuzzFeedBroken(f *testing.F) {
	harness.Fuzz(f, feed(pipeline.Broken), harness.Want(harness.Deadlock, 4))
}

func feed(twin pipeline.Twin) func(harness.T, struct{}) {
	return func(t harness.T, _ struct{}) {
		out := &disk{room: 1}
		_, err := pipeline.Query{
			From:    numbers(t, 8).Scan(),
			Options: pipeline.Options{MorselRows: 1, Encoders: 1, FeedTwin: twin, OnProgress: func(pipeline.Progress) {}},
		}.Run(t.Context(), out)
		if !errors.Is(err, errFull) {
			t.Errorf("the query ended with %v, and not with the error of the writer", err)
		}
	}
}

var errFull = errors.New("no space left")

// disk is a writer that has room for so many writes.
type disk struct{ room int }

func (d *disk) Write(p []byte) (int, error) {
	if d.room == 0 {
		return 0, errFull
	}
	d.room--
	return len(p), nil
}
