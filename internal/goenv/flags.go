package goenv

import "strings"

// SplitFlags returns the flags in GOFLAGS, each of which may stand in quotes (cmd/internal/quoted).
func SplitFlags(goflags string) (out []string) {
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

// Quote makes a flag one word of GOFLAGS.
func Quote(flag string) string {
	switch {
	case !strings.ContainsAny(flag, " \t\n\r'\""):
		return flag
	case strings.Contains(flag, "'"):
		return `"` + flag + `"`
	default:
		return "'" + flag + "'"
	}
}
