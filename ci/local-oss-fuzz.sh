#!/usr/bin/env bash
# What OSS-Fuzz does with the fuzz targets of a module, on a plain Debian: build, seed corpora, run, fork, merge, reproduce, coverage.
#
#	ci/local-oss-fuzz.sh [--short] [module directory [packages]]
#
# Without arguments it is this repository and its ./fuzz, for another module ./... The command is that of this repository. It is an error
# if a target finds what go test does not expect it to find, or if a finding is not the same again in the fuzzer, in go test, and from an
# empty corpus.
set -euo pipefail
ci=$(cd "$(dirname "$0")" && pwd)

runs=20000 seconds=20 rounds=2 covered=1000
if [ "${1:-}" = --short ]; then
	runs=300 seconds=4 rounds=0 covered=2
	shift
fi
other=${1:-}
module=${other:-$ci/..}
packages=("${@:2}")
if [ ${#packages[@]} = 0 ]; then
	if [ -n "$other" ]; then packages=(./...); else packages=(./fuzz); fi
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Debian's clang comes without libFuzzer, which is in a package of its own.
echo 'extern "C" int LLVMFuzzerTestOneInput(const char *, unsigned long) { return 0; }' > "$work/try.cc"
if ! { command -v unzip && clang++ -fsanitize=fuzzer "$work/try.cc" -o "$work/try"; } > /dev/null 2>&1; then
	export DEBIAN_FRONTEND=noninteractive
	{ apt-get update && apt-get install -y --no-install-recommends clang libclang-rt-dev unzip; } > /dev/null
fi

(cd "$ci/.." && go build -o "$work/bin/" ./cmd/jostle)
export PATH=$work/bin:$PATH
cd "$module"
if [ -n "$other" ]; then
	export GOWORK=off # the module may lie in this repository, and is not part of its workspace
fi
# build: builds the targets into $OUT.
build() {
	if [ -n "$other" ]; then jostle libfuzzer "${packages[@]}" -o "$OUT"; else "$ci/oss-fuzz/build.sh" "${packages[@]}"; fi
}

step() { printf '\n== %s (%d s)\n' "$*" "$SECONDS"; }
count() { find "$1" -type f | wc -l; }
fail() { printf 'FAIL: %s\n' "$*" >&2; exit 1; }
# summary FILE: what jostle says of the execution, in one line for machines, up to the place, which depends on the directory.
summary() { grep -o 'jostle: verdict=.* trace=[0-9a-f]*' "$1" | tail -1; }
# found FILE: does this log of the fuzzer end in a finding?
found() { grep -q 'ERROR: libFuzzer: deadly signal' "$1"; }
# home TARGET: the directory of its package.
home() {
	go list -f '{{.Dir}}' "${packages[@]}" | while read -r dir; do
		if grep -qs "^func $1(" "$dir"/*_test.go; then echo "$dir"; fi
	done
}

step "build ${packages[*]}"
export OUT=$work/out
(unset SANITIZER && build)
targets=()
for options in "$OUT"/*.options; do targets+=("$(basename "$options" .options)"); done
echo "${targets[@]}"

step "run each with its seeds, -runs=$runs"
clean=() broken=()
for t in "${targets[@]}"; do
	mkdir -p "$work/corpus/$t" "$work/crash/$t"
	if [ -e "$OUT/${t}_seed_corpus.zip" ]; then
		unzip -q -o "$OUT/${t}_seed_corpus.zip" -d "$work/corpus/$t"
	fi
	log=$work/$t.log
	if "$OUT/$t" -runs="$runs" -timeout=25 -artifact_prefix="$work/crash/$t/" "$work/corpus/$t" > "$log" 2>&1; then
		clean+=("$t")
		echo "$t: nothing; $(grep -o 'DONE.*cov: [0-9]*' "$log" | tail -1)"
	elif found "$log"; then
		broken+=("$t")
		echo "$t: $(summary "$log")"
	else
		cat "$log"
		fail "$t does not run"
	fi
done

for t in "${broken[@]}"; do
	step "$t from an empty corpus"
	crash=$work/crash/$t log=$work/$t.log
	rm -f "$crash"/*
	mkdir -p "$work/empty"
	began=$SECONDS
	"$OUT/$t" -max_total_time=60 -timeout=25 -artifact_prefix="$crash/" "$work/empty" > "$log" 2>&1 || true
	rm -r "$work/empty"
	found "$log" || fail "$t has not found it again in 60 s"
	echo "after $((SECONDS - began)) s: $(summary "$log")"

	"$OUT/$t" "$crash"/crash-* > "$log.again" 2>&1 && fail "$t does not reproduce it"
	[ "$(summary "$log.again")" = "$(summary "$log")" ] || fail "another finding: $(summary "$log.again")"
	for l in "$log" "$log.again"; do grep '^panic: ' "$l" | tail -1; done | uniq | sed 's/^/signature: /'

	dir=$(home "$t")
	rm -rf "$work/input"
	jostle corpus import "$crash"/crash-* "$work/input" > /dev/null
	input=testdata/fuzz/$t/$(ls "$work/input")
	mkdir -p "$dir/testdata/fuzz/$t" && cp "$work/input"/* "$dir/testdata/fuzz/$t"
	echo "in Go's corpus: $input"
	printf '%s %s %s\n' "$dir" "$t" "$(basename "$input")" >> "$work/inputs"
done

if [ ${#broken[@]} != 0 ]; then
	step "the same in go test"
	cut -d' ' -f1 "$work/inputs" | sort -u | while read -r dir; do
		names() { awk -v dir="$dir" -v f="$1" '$1 == dir { print $f }' "$work/inputs" | paste -sd'|'; }
		ok=0
		(cd "$dir" && go test -count=1 -v -run "^($(names 2))\$/^($(names 3))\$" .) > "$work/go.log" 2>&1 || ok=1
		for t in $(names 2 | tr '|' ' '); do
			grep -qF "$(summary "$work/$t.log")" "$work/go.log" || { cat "$work/go.log"; fail "go test does not find what $t has found"; }
			echo "$t: $(summary "$work/$t.log")"
		done
		[ $ok = 0 ] || { cat "$work/go.log"; fail "this is not what is expected of the targets"; }
		# What was expected has shown what it was to show.
		awk -v dir="$dir" '$1 == dir { print dir "/testdata/fuzz/" $2 "/" $3 }' "$work/inputs" | while read -r input; do
			if [ -z "$(git ls-files -- "$(realpath "$input")" 2> /dev/null)" ]; then rm "$input"; fi
		done
	done
fi

for t in "${clean[@]}" "${broken[@]}"; do
	step "$t with -fork=1, ${seconds} s"
	"$OUT/$t" -fork=1 -ignore_crashes=1 -timeout=25 -max_total_time="$seconds" -artifact_prefix="$work/crash/$t/" "$work/corpus/$t" > "$work/$t.fork" 2>&1 ||
		{ cat "$work/$t.fork"; fail "-fork=1"; }
	grep '^#' "$work/$t.fork" | tail -1
	step "$t with -merge=1"
	mkdir "$work/merged"
	"$OUT/$t" -merge=1 -timeout=25 "$work/merged" "$work/corpus/$t" > "$work/$t.merge" 2>&1 || { cat "$work/$t.merge"; fail "-merge=1"; }
	echo "$(count "$work/corpus/$t") inputs, merged: $(count "$work/merged")"
	break
done

for t in "${clean[@]}"; do
	if [ "$rounds" = 0 ]; then break; fi
	step "$t: executions a second, ${seconds} s, one process each"
	dir=$(home "$t")
	for ((round = 0; round < rounds; round++)); do
		mkdir "$work/empty"
		"$OUT/$t" -max_total_time="$seconds" -print_final_stats=1 "$work/empty" > "$work/$t.rate" 2>&1 || { cat "$work/$t.rate"; fail "$t has found something"; }
		rm -r "$work/empty"
		echo "libFuzzer: $(sed -n 's/^stat::average_exec_per_sec: *//p' "$work/$t.rate")"
		(cd "$dir" && jostle fuzz . -run "^$t\$" -time "${seconds}s" -parallel 1) > "$work/$t.native" 2>&1 || { cat "$work/$t.native"; fail "native fuzzing"; }
		echo "go test:   $(awk -v t="$t" '$1 == t { print $3 }' "$work/$t.native")"
	done
	break
done

step coverage
SANITIZER=coverage OUT=$work/coverage build
all=("${broken[@]}" "${clean[@]}")
for t in "${all[@]:0:covered}"; do
	FUZZ_CORPUS_DIR=$work/corpus/$t FUZZ_PROFILE_NAME=$work/perf "$work/coverage/$t" -test.coverprofile "$work/$t.cover" > "$work/$t.covlog" 2>&1 ||
		{ cat "$work/$t.covlog"; fail "the coverage of $t"; }
	total=$(go tool cover -func "$work/$t.cover" | tail -1)
	echo "$t: $total"
done
step 'done'
