module example.com/thirdparty

go 1.25.0

require (
	github.com/jostle-dev/jostle/harness v0.0.0
	golang.org/x/sync v0.22.0
)

replace github.com/jostle-dev/jostle/harness => ../../../harness
