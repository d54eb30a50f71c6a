#!/bin/bash -eu
# Builds the fuzz targets of the module in the working directory into $OUT, as OSS-Fuzz calls it. ci/local-oss-fuzz.sh calls
# it too, and names the packages.
go tool jostle libfuzzer "${@:-./fuzz}" -o "$OUT"
