package thirdparty

import (
	"errors"
	"testing"

	"github.com/jostle-dev/jostle/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// FuzzFetch must find the goroutines that are left behind when one of them fails.
func FuzzFetch(f *testing.F) {
	harness.Fuzz(f, func(t harness.T, in struct{ Fails uint8 }) {
		names := []string{"a", "b", "c", "d"}
		_, _ = Fetch(names, func(name string) (string, error) {
			if in.Fails < 4 && name == names[in.Fails] {
				return "", errors.New("no " + name)
			}
			return name, nil
		})
	}, harness.Want(harness.Leak, 0))
}

// FuzzFetchAll fetches when nothing fails: there is nothing to find.
func FuzzFetchAll(f *testing.F) {
	harness.Fuzz(f, func(t harness.T, _ struct{}) {
		got, err := Fetch([]string{"a", "b", "c"}, func(name string) (string, error) { return name, nil })
		if err != nil || len(got) != 3 {
			t.Errorf("got %q, %v", got, err)
		}
	})
}
