module github.com/jostle-dev/jostle/fuzz

go 1.25.0

require (
	github.com/anishathalye/porcupine v1.3.1
	github.com/jostle-dev/jostle v0.0.0
	github.com/jostle-dev/jostle/harness v0.0.0
	github.com/jostle-dev/jostle/harness/linearizable v0.0.0
	github.com/stretchr/testify v1.12.1
	golang.org/x/sync v0.22.0
)

require go.yaml.in/yaml/v3 v3.0.5 // indirect

replace (
	github.com/jostle-dev/jostle => ..
	github.com/jostle-dev/jostle/harness => ../harness
	github.com/jostle-dev/jostle/harness/linearizable => ../harness/linearizable
)
