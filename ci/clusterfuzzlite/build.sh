#!/usr/bin/env bash
# For .clusterfuzzlite: builds the module's fuzz targets by the steps of OSS-Fuzz, which come with the version of jostle that the module
# requires. It runs in the root of the module.
set -euo pipefail
go mod download github.com/jostle-dev/jostle
exec bash "$(go list -m -f '{{.Dir}}' github.com/jostle-dev/jostle)/ci/oss-fuzz/build.sh" ./...
