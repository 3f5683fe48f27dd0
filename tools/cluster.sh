#!/bin/bash
# cluster.sh up|down - the distributed form on this machine: three controls, three hosts, PostgreSQL and three NATS servers,
# each on a "machine" of its own (network, mounts, name), and a real guest in each of the four ways; and away with it again.
#
# up: installs, builds, starts it in VIRGA_CLUSTER_DIR (/var/tmp/virga-cluster), and boots servers by one control after the
# other with the unchanged `openstack` client. A cluster that is up is replaced.
# down: ends it. Nothing is left.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
cluster=$(realpath -m "${VIRGA_CLUSTER_DIR:-/var/tmp/virga-cluster}")
virga=$top/build/virga
guest=$top/build/guest/guest.qcow2
steps_dir=$cluster
# shellcheck disable=SC2034
steps_log=$cluster/keeper.log
# For cloud.sh: where its files are.
# shellcheck disable=SC2034
demo=$cluster
# shellcheck source=tools/lib/steps.sh
. tools/lib/steps.sh
# shellcheck source=tools/lib/cloud.sh
. tools/lib/cloud.sh
# shellcheck source=tools/lib/servers.sh
. tools/lib/servers.sh

# Seconds that a wait may take. A quiet machine needs a hundredth of them.
# shellcheck disable=SC2034
readonly start_limit=300 stop_limit=120 status_limit=300 boot_limit=900

become_root() {
    [ "$(id -u)" != 0 ] || return 0
    command -v sudo >/dev/null || {
        say "A cluster makes network interfaces and name spaces: it needs root (or sudo)."
        exit 1
    }
    exec sudo --preserve-env=VIRGA_CLUSTER_DIR "$top/tools/cluster.sh" "$@"
}

# The name space's first process is the keeper; this is the one outside that it ends with.
keeper_pid() {
    local pid
    pid=$(cat "$cluster/keeper.pid" 2>/dev/null) || return 0
    tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF -- "cluster.py $cluster" && echo "$pid"
    return 0
}

start() {
    local announced
    mkdir -p "$cluster"
    chmod 755 "$cluster"
    exec {announced}< <(VIRGA_BIN=$virga PYTHONDONTWRITEBYTECODE=1 exec setsid unshare --mount --pid --fork --kill-child \
        --mount-proc --propagation private tools/cluster.py "$cluster" 3 3>&1 >>"$cluster/keeper.log" 2>&1 </dev/null)
    echo $! >"$cluster/keeper.pid"
    await_ready $start_limit "$announced"
}

stop() {
    local pid keeper
    pid=$(keeper_pid)
    if [ -n "$pid" ]; then
        keeper=$(cat "/proc/$pid/task/$pid/children")
        # shellcheck disable=SC2086
        [ -z "$keeper" ] || kill -TERM $keeper
        wait_until $stop_limit all_gone "$pid" || end_processes KILL 20 "$pid"
    fi
    ip link delete "vcl${cluster: -8}" 2>/dev/null || true
    rm -rf "$cluster"
}

# use_control N: clients talk to that one from now on.
use_control() {
    cp "$cluster/openrc-$1" "$cluster/openrc"
    use_cloud
    export no_proxy='*' NO_PROXY='*'
}

prepare() {
    steps_dir=$(mktemp -d)
    step_shown "Install what is missing, from Debian's packages" tools/install-deps.sh build run demo cluster
    step_shown "Build the program (about four minutes on two processors when nothing is built yet)" \
        make --no-print-directory program
    step_shown "Build the guest image" make --no-print-directory guest
    rm -rf "$steps_dir"
    steps_dir=$cluster
}

print_usage() {
    cat <<END

The cluster is up. It took $(seconds_since "$steps_started") s. To use it:
    . $cluster/openrc          # or openrc-1 to openrc-3: one for each control
    openstack server list -c Name -c Status -c Host
    openstack compute service list
Files and logs of each machine: $cluster/NAME    Away with it: make cluster-down
END
}

up() {
    prepare
    become_root up-built
}

up_built() {
    local way
    [ ! -e "$cluster" ] || down
    mkdir -p "$cluster"
    begin_wait $start_limit "Start three controls, three hosts, PostgreSQL and three NATS servers in $cluster"
    start || fail_step
    end_step "ready"
    use_control 1
    create_sources
    for way in 0 1 2 3; do
        use_control $((way % 3 + 1))
        boot_way $way
    done
    wait_for_logins
    show_result -c Name -c Status -c Networks -c Host
    print_usage
}

down() {
    if [ ! -d "$cluster" ]; then
        say "There is no cluster in $cluster: nothing to remove."
        return
    fi
    local parent=$steps_dir
    steps_dir=$(mktemp -d)
    begin_wait $stop_limit "End the cluster, and remove its files and interfaces"
    stop || fail_step
    end_step "nothing is left"
    rm -rf "$steps_dir"
    steps_dir=$parent
}

case ${1:-} in
up) up && up_built ;;
up-built) up_built ;;
down) become_root down && down ;;
*)
    say "usage: tools/cluster.sh up|down"
    exit 2
    ;;
esac
