package toolchain

import (
	"fmt"
	"go/version"
	"runtime"
	"strings"
)

// Readable returns nil if the type checker of this program can read the standard library of g: the Go that this program was
// built with must know the language that it is written in. Else the error says what to do. If one of the versions says
// nothing of the language, it returns nil.
func Readable(g Go) error { return readable(runtime.Version(), g.Version) }

func readable(built, wanted string) error {
	have, need := language(built), language(wanted)
	if have == "" || need == "" || version.Compare(have, need) >= 0 {
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

// language returns the language version that a Go has, as go1.26, or "".
func language(v string) string {
	v = strings.TrimPrefix(v, "devel ")
	v, _, _ = strings.Cut(v, " ")
	return version.Lang(v)
}
