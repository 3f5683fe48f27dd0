#!/bin/bash
# fuzz.sh [MINUTES] [TARGET...] - builds the fuzzer with the address and undefined-behaviour sanitizers and lets it run for
# MINUTES (10) in all, divided over the targets (all of them).
#
# It starts from the inputs in tests/fuzz/corpus/TARGET and keeps what it finds besides in build-fuzz/corpus/TARGET. An
# input that does harm ends it and is written to build-fuzz/findings; move it to tests/fuzz/corpus/TARGET, where the test
# unit_fuzz replays it in every build. VIRGA_FUZZ_MERGE=1 instead adds what was found to tests/fuzz/corpus, made small.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly build=build-fuzz
readonly one_input_seconds=60 # a sanitizer on a busy machine is slow
minutes=${1:-10}
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(find tests/fuzz/corpus -mindepth 1 -maxdepth 1 -printf '%f\n' | sort)

mkdir -p "$build"
cmake --preset fuzz >"$build/configure.log" 2>&1 || { cat "$build/configure.log"; exit 1; }
cmake --build "$build" -j "$(nproc)" --target virga_fuzz

export UBSAN_OPTIONS=print_stacktrace=1 ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1

# The fuzzer for one target. Whatever inputs make it do, it does in name spaces of its own.
fuzz() {
    local target=$1
    shift
    VIRGA_FUZZ_TARGET=$target tools/contain.py "$build/tests/virga_fuzz" -timeout=$one_input_seconds -rss_limit_mb=4096 \
        -max_len=16384 -artifact_prefix="$build/findings/$target-" "$@"
}

mkdir -p "$build/findings"
if [ -n "${VIRGA_FUZZ_MERGE:-}" ]; then
    for target in "${targets[@]}"; do
        fuzz "$target" -set_cover_merge=1 "tests/fuzz/corpus/$target" "$build/corpus/$target" 2>&1 | grep MERGE-OUTER || true
    done
    exit 0
fi

seconds=$((minutes * 60 / ${#targets[@]}))
found=()
for target in "${targets[@]}"; do
    mkdir -p "$build/corpus/$target"
    echo "==> $target: $seconds s"
    fuzz "$target" -max_total_time=$seconds -print_final_stats=1 "$build/corpus/$target" "tests/fuzz/corpus/$target" \
        >"$build/$target.log" 2>&1 || found+=("$target")
    grep -E '^stat::number_of_executed_units|^(SUMMARY|==.*ERROR)' "$build/$target.log" || true
done
if [ ${#found[@]} -gt 0 ]; then
    for target in "${found[@]}"; do
        echo "==> $target found something: the end of $build/$target.log"
        tail -n 40 "$build/$target.log"
    done
    echo "fuzz: ${#found[@]} of ${#targets[@]} targets found something: see $build/findings"
    exit 1
fi
echo "fuzz: ${#targets[@]} targets, $minutes min, clean"
