#!/bin/bash
# demo.sh up|down - a whole cloud on this machine, from nothing to four running guests, and away with it again.
#
# up: installs, builds, starts `virga serve` with its state in .demo/, and boots a server in each of the four ways with
# the unchanged `openstack` client. Repeated, it replaces the servers of the former run and reuses the cloud.
# down: deletes every server, ends the cloud and removes what it left on the machine.
# VIRGA_DEMO_DIR (.demo in the checkout, or /var/tmp/virga-demo where others can't enter the checkout) and VIRGA_DEMO_PORT (18774) move it elsewhere.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"

# The control process is unprivileged: every folder above its state must let others in.
others_may_enter() {
    local folder=$1
    while [ "$folder" != / ]; do
        [ -d "$folder" ] && [ $((0$(stat -c %a "$folder") & 1)) = 0 ] && return 1
        folder=$(dirname "$folder")
    done
}
default_dir=$top/.demo
{ others_may_enter "$top" && [ ${#default_dir} -le 33 ]; } || default_dir=/var/tmp/virga-demo
demo=$(realpath -m "${VIRGA_DEMO_DIR:-$default_dir}")
port=${VIRGA_DEMO_PORT:-18774}
virga=$top/build/virga
guest=$top/build/guest/guest.qcow2
steps_dir=$demo
# shellcheck disable=SC2034
steps_log=$demo/virga.log
# shellcheck source=tools/lib/steps.sh
. tools/lib/steps.sh
# shellcheck source=tools/lib/cloud.sh
. tools/lib/cloud.sh
# shellcheck source=tools/lib/servers.sh
. tools/lib/servers.sh

# Seconds that a wait may take. A quiet machine needs a hundredth of them.
readonly start_limit=180 stop_limit=60 status_limit=300 boot_limit=900

check_directory() {
    # libvirt makes Unix sockets below it, whose paths may have 107 bytes.
    [ ${#demo} -le 33 ] && return
    say "The path $demo is too long for the sockets in it; use a shorter one: VIRGA_DEMO_DIR=/tmp/virga-demo make demo"
    exit 1
}

become_root() {
    [ "$(id -u)" != 0 ] || return 0
    command -v sudo >/dev/null || {
        say "The host process makes network interfaces and runs guests: it needs root (or sudo)."
        exit 1
    }
    exec sudo --preserve-env=VIRGA_DEMO_DIR,VIRGA_DEMO_PORT "$top/tools/demo.sh" "$@"
}

prepare() {
    step_shown "Install what is missing, from Debian's packages" tools/install-deps.sh build run demo
    step_shown "Build the program (about four minutes on two processors when nothing is built yet)" \
        make --no-print-directory program
    step_shown "Build the guest image" make --no-print-directory guest
}

start_or_reuse() {
    if [ -n "$(cloud_pid)" ] && cloud_is_older_than_program; then
        begin_wait $stop_limit "Stop the former program (guests, if any, keep running)"
        stop_cloud || fail_step
        end_step
    fi
    if [ -z "$(cloud_pid)" ]; then
        begin_wait $start_limit "Start the cloud: virga serve, state in ${demo#"$top"/}, API on 127.0.0.1:$port"
        start_cloud $start_limit || fail_step
        end_step "ready"
    else
        say "==> The cloud of the former run is up: use it"
    fi
    use_cloud
    [ -z "${SUDO_UID:-}" ] || install --remove-destination -m 600 -o "$SUDO_UID" "$demo/control/openrc" "$demo/openrc"
}

remember_bridges() {
    openstack network list -f value -c ID | sed -E 's/^(.{11}).*/vbr\1/' >"$demo/bridges"
}

print_usage() {
    cat <<END

The cloud is up. It took $(seconds_since "$steps_started") s. To use it:
    . ${demo#"$top"/}/openrc
    openstack server list
    openstack console log show ${servers[0]}
    openstack server event list ${servers[2]}
Log: ${demo#"$top"/}/virga.log    Away with it: make demo-down
END
}

up() {
    check_directory
    steps_dir=$(mktemp -d)
    prepare
    rm -rf "$steps_dir"
    steps_dir=$demo
    become_root up-built
    up_built
}

up_built() {
    local fresh=yes way
    mkdir -p "$demo"
    [ ! -e "$demo/control/virga.db" ] || fresh=no
    start_or_reuse
    if [ "$fresh" = no ]; then
        begin_step "Remove what the former run made (at most $status_limit s for each kind of thing)"
        remove_former_run >"$demo/step.out" 2>&1 || fail_step
        end_step
    fi
    remember_bridges
    create_sources
    for way in 0 1 2 3; do boot_way $way; done
    wait_for_logins
    show_result -c Name -c Status -c Networks -c Image
    print_usage
}

delete_servers() {
    local ids
    mapfile -t ids < <(openstack server list --all-projects -f value -c ID)
    remove server "${ids[@]}"
}

# What a crash could have left: interfaces on the demo's bridges, and mounts below its directory.
remove_leftovers() {
    local bridge tap mount
    while read -r bridge; do
        [ -d "/sys/class/net/$bridge" ] || continue
        for tap in "/sys/class/net/$bridge/brif/"*; do
            [ -e "$tap" ] || continue
            ip link delete "${tap##*/}"
            nft delete table netdev "virga-${tap##*/}" 2>/dev/null || true
        done
        ip link delete "$bridge"
    done < <(cat "$demo/bridges" 2>/dev/null)
    awk -v dir="$demo/" 'index($2, dir) == 1 {print $2}' /proc/self/mounts | sort -r |
        while read -r mount; do umount "$mount" || umount -l "$mount"; done
}

down() {
    local guests
    become_root down
    if [ ! -d "$demo" ]; then
        say "There is no demo in $demo: nothing to remove."
        exit 0
    fi
    if cloud_is_ready; then
        begin_wait $status_limit "Delete the servers"
        use_cloud
        { remember_bridges && delete_servers; } >"$demo/step.out" 2>&1 || say "    the API could not: their guests are ended instead"
        end_step
    fi
    begin_wait $stop_limit "Stop the cloud"
    stop_cloud || fail_step
    mapfile -t guests < <(guest_pids)
    end_processes KILL 20 "${guests[@]}" || fail_step
    end_step
    begin_step "Remove its files and interfaces"
    remove_leftovers || fail_step
    rm -rf "$demo"
    end_step "nothing is left"
}

case ${1:-} in
up) up ;;
up-built) up_built ;;
down) down ;;
*)
    say "usage: tools/demo.sh up|down"
    exit 2
    ;;
esac
