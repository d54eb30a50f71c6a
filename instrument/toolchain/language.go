package toolchain

import (
	"fmt"
	"go/version"
	"runtime"
	"strings"
)

// oldest is the first Go that has all of testing/synctest, in which tests run.
const oldest = "go1.25"

// Usable returns nil if jostle can build tests with g. It must be Go 1.25 or later, and the type checker of this program must
// know the language of its standard library: this program must have been built with a Go that is as new. Else the error
// says what to do. A version that says nothing of the language is taken to be usable.
func Usable(g Go) error { return usable(runtime.Version(), g.Version) }

func usable(built, wanted string) error {
	have, need := Language(built), Language(wanted)
	switch {
	case need != "" && version.Compare(need, oldest) < 0:
		return fmt.Errorf("the go command here is %s, and jostle needs Go 1.25 or later: install one, "+
			"or set GOTOOLCHAIN=auto or a version, as in GOTOOLCHAIN=go1.25.12 (the go line of your module may stay as it is)", wanted)
	case have == "" || need == "" || version.Compare(have, need) >= 0:
		return nil
	}
	with := "go install github.com/jostle-dev/jostle/cmd/jostle@latest with that Go"
	if release, _, _ := strings.Cut(wanted, " "); version.IsValid(release) {
		with = "GOTOOLCHAIN=" + release + " go install github.com/jostle-dev/jostle/cmd/jostle@latest"
	}
	return fmt.Errorf("this jostle was built with %s and cannot read the standard library of %s: "+
		"build it anew (%s), "+
		"or start it with go tool or go run, which build it with the Go of your module", built, wanted, with)
}

// Language returns the language version that a Go has, as go1.26, or "" if its version, which go env GOVERSION prints, says nothing of it.
func Language(v string) string {
	v = strings.TrimPrefix(v, "devel ")
	v, _, _ = strings.Cut(v, " ")
	return version.Lang(v)
}
