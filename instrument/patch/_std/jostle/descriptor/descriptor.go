// Package descriptor is jostle/internal/descriptor for packages internal/poll and os, which may not import that.
package descriptor

import "jostle/internal/descriptor"

// An Open is an open descriptor.
type Open = descriptor.Open
