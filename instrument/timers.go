package instrument

import (
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/goenv"
)

// oldTimers reports whether the tests of a package, or what they need of modules that can be edited, use timers, and the
// user's settings would give these the channels of before Go 1.23, which have a buffer.
func (b *build) oldTimers(u *unit) bool {
	setting, set := asyncTimers(goenv.Get(b.Env, "GODEBUG"))
	if !set {
		tests := b.listed[u.ImportPath+".test"]
		if tests == nil {
			return false // it has no tests
		}
		setting, _ = asyncTimers(tests.DefaultGODEBUG)
	}
	if setting == "" || setting == "0" {
		return false
	}
	reached := map[string]bool{}
	for id := range b.builtFrom(u.listed) {
		reached[b.listed[id].of()] = true
	}
	return slices.ContainsFunc(b.units, func(v *unit) bool {
		return reached[v.ImportPath] && !v.Standard && !b.inModuleCache(v.Dir) &&
			slices.ContainsFunc(v.done.Files, func(f rewrittenFile) bool { return f.Points["timer"] > 0 })
	})
}

// asyncTimers returns what settings of GODEBUG say of the channels of timers. The last one counts.
func asyncTimers(settings string) (value string, set bool) {
	for _, s := range slices.Backward(strings.Split(settings, ",")) {
		if value, ok := strings.CutPrefix(s, "asynctimerchan="); ok {
			return value, true
		}
	}
	return "", false
}
