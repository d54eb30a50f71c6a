#!/bin/bash -eu
# Builds the fuzz targets of this repository into $OUT, as OSS-Fuzz calls it, with the command of the same checkout. Other projects take
# ci/clusterfuzzlite/build.sh. ci/local-oss-fuzz.sh calls it too, and names the packages.
go tool jostle libfuzzer "${@:-./fuzz}" -o "$OUT"
