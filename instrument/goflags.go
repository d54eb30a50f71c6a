package instrument

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/goenv"
)

// ownFlags takes from GOFLAGS what Prepare sets itself: the go command obeys one flag of a name. A -modfile that names the
// go.mod to build from is honoured.
func (b *build) ownFlags() error {
	var left []string
	for _, f := range goenv.SplitFlags(b.env["GOFLAGS"]) {
		switch name, file, _ := strings.Cut(strings.TrimLeft(f, "-"), "="); name {
		case "overlay":
			return fmt.Errorf("GOFLAGS has %s, and jostle needs that flag for itself", f)
		case "modfile":
			dir, err := filepath.Abs(b.Dir)
			if err != nil {
				return err
			}
			b.modFlag = under(dir, file)
		default:
			left = append(left, goenv.Quote(f))
		}
	}
	b.flags = strings.Join(left, " ")
	return nil
}

// RaceFlags have the engine, the data that it writes, what names it, the network and what waits for descriptors compiled without the race detector: what
// they do is not what the code under test does, see internal/engine/race.go. They are not inlined either, or they would be compiled with the detector elsewhere. A -gcflags that is
// given later and matches one of them takes the place of its flag here.
var RaceFlags = []string{
	"-gcflags=" + inStd + "/internal/engine/...=-race=false -l",
	"-gcflags=" + inStd + "/internal/trace=-race=false -l",
	"-gcflags=" + inStd + "/internal/program=-race=false -l",
	"-gcflags=" + inStd + "/internal/goroutines=-race=false -l",
	"-gcflags=" + inStd + "/internal/network=-race=false -l",
	"-gcflags=" + inStd + "/internal/descriptor=-race=false -l",
}

// race reports whether the build has the race detector.
func (b *build) race() bool {
	on := false
	for _, f := range slices.Concat(goenv.SplitFlags(b.flags), b.BuildFlags) {
		switch strings.TrimPrefix(strings.TrimPrefix(f, "-"), "-") {
		case "race", "race=true", "race=1":
			on = true
		case "race=false", "race=0":
			on = false
		}
	}
	return on
}
