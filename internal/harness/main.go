package harness

import (
	"os"
	"testing"
)

// Main makes plain go test do what the command jostle does, for a package with fuzz targets or Checks:
//
//	func TestMain(m *testing.M) { harness.Main(m) }
//
// In a test binary built from instrumented sources it runs the tests. In any other it has one built by the command jostle,
// and runs that with the same arguments in its place, and then the package's corpus (jostle corpus run). The command is the
// tool of that name in the module's go.mod, or else the one in PATH. Main does not return.
func Main(m *testing.M) { os.Exit(m.Run()) }
