package instrument

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/manifest"
)

// clean takes from env, which go env has printed, and from what the go command gets, what an earlier Prepare has put there:
// instrumenting the instrumented would go round in circles.
func (c *Config) clean(env map[string]string) error {
	var left []string
	for _, f := range splitFlags(env["GOFLAGS"]) {
		name, file, _ := strings.Cut(strings.TrimLeft(f, "-"), "=")
		switch {
		case f == RaceFlag: // harmless, but it would be there twice
		case name != "overlay" && name != "modfile":
			left = append(left, quote(f))
		case earlier(file) == nil && exists(file): // else the cache has been cleared since
			return fmt.Errorf("GOFLAGS has %s, and jostle needs that flag for itself", f)
		}
	}
	env["GOFLAGS"] = strings.Join(left, " ")
	c.Env = append(slices.Clip(c.Env), "GOFLAGS="+env["GOFLAGS"])
	if m := earlier(env["GOWORK"]); m != nil {
		env["GOWORK"] = m.Work
		c.Env = append(c.Env, "GOWORK="+m.Work)
	}
	return nil
}

// RaceFlag has the engine compiled without the race detector: what it does is not what the code under test does, see
// internal/engine/race.go. It is not inlined either, or it would be compiled with the detector elsewhere. A -gcflags that
// is given later and matches the engine takes the place of this one.
const RaceFlag = "-gcflags=" + jostle + "/internal/engine/...=-race=false -l"

// race reports whether the build has the race detector.
func (b *build) race() bool {
	on := false
	for _, f := range slices.Concat(splitFlags(b.env["GOFLAGS"]), b.BuildFlags) {
		switch strings.TrimPrefix(strings.TrimPrefix(f, "-"), "-") {
		case "race", "race=true", "race=1":
			on = true
		case "race=false", "race=0":
			on = false
		}
	}
	return on
}

// earlier returns the manifest of the Prepare that has written a file, or nil if none has.
func earlier(file string) *manifest.Manifest {
	content, err := os.ReadFile(filepath.Join(filepath.Dir(file), manifestName))
	m := new(manifest.Manifest)
	if err != nil || json.Unmarshal(content, m) != nil {
		return nil
	}
	return m
}

// splitFlags returns the flags in GOFLAGS, each of which may stand in quotes (cmd/internal/quoted).
func splitFlags(goflags string) (out []string) {
	for {
		goflags = strings.TrimLeft(goflags, " \t\n\r")
		if goflags == "" {
			return out
		}
		end, skip := strings.IndexAny(goflags, " \t\n\r"), 0
		if q := goflags[:1]; q == "'" || q == `"` {
			goflags = goflags[1:]
			end, skip = strings.Index(goflags, q), 1
		}
		if end < 0 {
			return append(out, goflags)
		}
		out = append(out, goflags[:end])
		goflags = goflags[end+skip:]
	}
}

// quote makes a flag one word of GOFLAGS.
func quote(flag string) string {
	switch {
	case !strings.ContainsAny(flag, " \t\n\r'\""):
		return flag
	case strings.Contains(flag, "'"):
		return `"` + flag + `"`
	default:
		return "'" + flag + "'"
	}
}
