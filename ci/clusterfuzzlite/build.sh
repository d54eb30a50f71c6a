#!/usr/bin/env bash
# For .clusterfuzzlite, and for OSS-Fuzz: builds the module's fuzz targets with the command jostle of the version of package harness that
# the module requires. It runs in the root of the module.
set -euo pipefail
version=$(go list -m -f '{{.Version}}' github.com/jostle-dev/jostle/harness)
bin=$(mktemp -d)
GOBIN=$bin GOFLAGS=-trimpath go install "github.com/jostle-dev/jostle/cmd/jostle@$version"
exec "$bin/jostle" libfuzzer ./... -o "$OUT"
