#!/bin/bash
# test.sh [--preset NAME] [GROUP]... - runs groups of tests and sums them up.
#
# Groups: unit, conformance, tools, api, recovery, e2e, cluster (the default: all of these); fakes, the part of conformance that is
# quick; storage, which runs a GlusterFS, and real guests that write to volumes for ten minutes; storm, in which the
# processes of a cluster die and lose one another at random.
#
#
# The last line of the output is "N passed, N failed[, N skipped]"; the exit status is not 0 when a test failed, a
# program or pytest itself broke, or a group has no test. Results stay in build/test-results as JUnit XML. With --preset
# (asan, tsan) the sanitizer build is made first and tested.
#
# With DATABASE=postgresql in the environment, unit, api and recovery tests keep the clouds' state in a PostgreSQL server
# that runs beside them (tools/with-postgresql.sh), instead of SQLite. With TRANSPORT=nats, control and host meet at a NATS
# server (tools/with-nats.sh), instead of a Unix socket.
#
# Each test has a limit of its own, many times what it takes, which names the test that hangs; the whole has none unless
# VIRGA_TEST_MINUTES gives one. All runs in name spaces (tools/contain.py): an interrupted run leaves nothing behind.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly default_groups=(unit conformance tools api recovery e2e cluster)
readonly python=/usr/bin/python3 # Debian's, which has openstacksdk
readonly test_seconds=900        # of one test, its fixtures included
readonly long_test_seconds=3600  # of one that writes for minutes
started=$SECONDS
build=build
trap 'exit 130' INT

build_preset() {
    build=build-$1
    mkdir -p "$build"
    cmake --preset "$1" >"$build/configure.log" 2>&1 || { cat "$build/configure.log"; exit 1; }
    cmake --build "$build" -j "$(nproc)"
}

run_within_time() {
    local left
    if [ -z "${VIRGA_TEST_MINUTES:-}" ]; then
        "$@"
        return
    fi
    left=$((started + VIRGA_TEST_MINUTES * 60 - SECONDS))
    if [ "$left" -le 0 ]; then
        echo "no time left for this group"
        return 124
    fi
    timeout --foreground --kill-after=20 "$left" "$@"
}

# GoogleTest programs report each case of theirs, so the sum counts cases, not programs.
run_ctest() {
    local group=$1
    GTEST_OUTPUT="xml:$results/$group/" VIRGA_TEST_SECONDS=$test_seconds run_within_time ctest --test-dir "$build" \
        -R "^${group}_" -j "$(nproc)" --no-tests=error --output-on-failure --output-junit "$results/ctest-$group.log"
}

run_pytest() {
    local group=$1 seconds=$test_seconds
    shift
    [[ $group != storage && $group != storm ]] || seconds=$long_test_seconds
    run_within_time "$python" -m pytest -p no:cacheprovider -ra --tb=short --durations=5 --timeout="$seconds" \
        --junitxml="$results/$group/pytest.xml" "$@"
}

# The engine of the local driver is under it, whose kills the group conformance has.
kill_gluster() {
    GTEST_OUTPUT="xml:$results/storage/kills.xml" VIRGA_TEST_SECONDS=$long_test_seconds run_within_time "$build/tests/conformance_volume" \
        --gtest_filter='*/KillSuite.*/glusterfs'
}

run_group() {
    case $1 in
    unit | fakes | conformance) run_ctest "$1" ;;
    tools) run_pytest tools tests/tools ;;
    api) run_pytest api -n 3 tests/api ;; # waits for the disk more than it computes
    recovery) run_pytest recovery -n 3 -m "not long" tests/recovery ;;
    e2e) run_pytest e2e -n 2 --dist loadfile -m "not long" tests/e2e ;; # one cloud for each file
    cluster) run_pytest cluster -m "not long" tests/cluster ;; # ten machines at once are enough
    storm) VIRGA_STORM_LOGS=$results/storm/logs run_pytest storm -m long -s tests/cluster ;; # says what it did
    storage)
        kill_gluster || return 1
        run_pytest storage -n 2 --dist loadfile -m long tests/recovery tests/e2e
        ;;
    esac
}

[ -n "${VIRGA_CONTAINED:-}" ] || exec tools/contain.py "$0" "$@"
case ${DATABASE:-sqlite} in
sqlite) ;;
postgresql) [ -n "${VIRGA_TEST_DATABASE:-}" ] || exec tools/with-postgresql.sh "$0" "$@" ;;
*)
    echo "test.sh: DATABASE must be sqlite or postgresql, not '$DATABASE'" >&2
    exit 2
    ;;
esac
case ${TRANSPORT:-socket} in
socket) ;;
nats) [ -n "${VIRGA_TEST_NATS:-}" ] || exec tools/with-nats.sh "$0" "$@" ;;
*)
    echo "test.sh: TRANSPORT must be socket or nats, not '$TRANSPORT'" >&2
    exit 2
    ;;
esac

groups=()
while [ $# -gt 0 ]; do
    case $1 in
    --preset)
        build_preset "${2:?--preset needs a name}"
        shift
        ;;
    unit | conformance | fakes | tools | api | recovery | e2e | cluster | storage | storm) groups+=("$1") ;;
    *)
        echo "test.sh: unknown group '$1': use ${default_groups[*]} fakes storage storm" >&2
        exit 2
        ;;
    esac
    shift
done
[ ${#groups[@]} -gt 0 ] || groups=("${default_groups[@]}")

case " ${groups[*]} " in
*" recovery "* | *" e2e "* | *" cluster "* | *" storage "* | *" storm "*)
    [ "$(id -u)" = 0 ] || {
        echo "test.sh: the recovery, e2e, cluster, storage and storm groups run guests and make network interfaces: run this as root" >&2
        exit 1
    }
    ;;
esac

results=$PWD/$build/test-results
rm -rf "$results"
mkdir -p "$results"
export VIRGA_BIN=$PWD/$build/virga VIRGA_GUEST_IMAGE=$PWD/build/guest/guest.qcow2 PYTHONDONTWRITEBYTECODE=1

for group in "${groups[@]}"; do
    mkdir -p "$results/$group"
    echo "==== $group"
    group_started=$SECONDS
    status=0
    run_group "$group" || status=$?
    echo "$status" >"$results/$group/status"
    echo "$((SECONDS - group_started))" >"$results/$group/seconds"
    echo "==== $group: $((SECONDS - group_started)) s, $([ "$status" = 0 ] && echo passed || echo "failed (status $status)")"
done
echo
"$python" tools/sum_tests.py "$results" "$((SECONDS - started))" "${groups[@]}"
