#!/usr/bin/env bash
# For .clusterfuzzlite: builds the module's fuzz targets with the command jostle of the version that the module requires for package
# harness. It runs in the root of the module.
set -euo pipefail
go mod download github.com/jostle-dev/jostle
bin=$(mktemp -d)
(cd "$(go list -m -f '{{.Dir}}' github.com/jostle-dev/jostle)" && go build -o "$bin" ./cmd/jostle)
exec "$bin/jostle" libfuzzer ./... -o "$OUT"
