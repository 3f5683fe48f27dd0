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

# Seconds that a wait may take. A quiet machine needs a hundredth of them.
readonly start_limit=180 stop_limit=60 status_limit=300 boot_limit=900

# Servers of the four ways; the order is that of the trace's columns.
readonly servers=(demo-a-volume demo-b-image demo-c-image-to-volume demo-d-snapshot-to-volume)

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

# ids_named KIND PREFIX: ids of what has such a name. KIND may be two words.
ids_named() {
    # shellcheck disable=SC2086
    openstack $1 list -f value -c ID -c Name | awk -v prefix="$2" 'index($2, prefix) == 1 {print $1}'
}

volumes_of() { openstack server show -f json -c volumes_attached "$1" | jq -r '.volumes_attached[]?.id'; }

# gone KIND ID...: true when none of them is listed any more.
gone() {
    local listed
    # shellcheck disable=SC2086
    listed=$(openstack $1 list -f value -c ID) || return 1
    shift
    ! grep -qxFf <(printf '%s\n' "$@") <<<"$listed"
}

# remove KIND ID...: deletes and waits. One that went by itself (with its server) is no error.
remove() {
    local kind=$1
    shift
    [ $# -gt 0 ] || return 0
    # shellcheck disable=SC2086
    openstack $kind delete "$@" || true
    wait_until $status_limit gone "$kind" "$@"
}

# The order is that of what stands on what: servers, the volumes that were made for them, snapshot, volume, image.
remove_former_run() {
    local old made=() sources snapshots images server
    mapfile -t old < <(ids_named server demo-)
    mapfile -t sources < <(ids_named volume demo-)
    mapfile -t snapshots < <(ids_named "volume snapshot" demo-)
    mapfile -t images < <(ids_named image demo-)
    for server in "${old[@]}"; do mapfile -t -O ${#made[@]} made < <(volumes_of "$server"); done
    mapfile -t made < <(printf '%s\n' "${made[@]}" | grep -vxFf <(printf '%s\n' "${sources[@]:-none}") | grep .)
    remove server "${old[@]}" &&
        remove volume "${made[@]}" &&
        remove "volume snapshot" "${snapshots[@]}" &&
        remove volume "${sources[@]}" &&
        remove image "${images[@]}"
}

# has_status STATUS KIND NAME: status 2 when it went to error, from where it won't come back.
has_status() {
    local now
    # shellcheck disable=SC2086
    now=$(openstack $2 show -f value -c status "$3") || return 1
    [ "${now,,}" = "$1" ] && return 0
    [[ ${now,,} != error* ]] || return 2
    return 1
}

# wait_for_status STATUS KIND NAME: as a step; says what the client knows of it when it fails.
wait_for_status() {
    begin_wait $status_limit "Wait until $2 $3 is $1"
    wait_until $status_limit has_status "$@" || {
        # shellcheck disable=SC2086
        openstack $2 show "$3" >"$demo/step.out" 2>&1 || true
        fail_step
    }
    end_step
}

create_sources() {
    step_within $status_limit "Upload the guest image" openstack image create --disk-format qcow2 --container-format bare --file "$guest" \
        -f value -c id demo-guest
    openstack flavor show demo >/dev/null 2>&1 ||
        step_within $status_limit "Make a flavor" openstack flavor create --vcpus 1 --ram 128 --disk 1 -f value -c id demo
    step_within $status_limit "Create a bootable volume from the image" openstack volume create --image demo-guest --size 1 -f value -c id demo-volume
    wait_for_status available volume demo-volume
    step_within $status_limit "Snapshot the volume" openstack volume snapshot create --volume demo-volume -f value -c id demo-snapshot
    wait_for_status available "volume snapshot" demo-snapshot
}

# boot TITLE NAME OPTION...: `server create --wait` ends with status 0 even when the server went to ERROR, so look.
boot() {
    local title=$1 name=$2
    shift 2
    step_within $boot_limit "$title" openstack server create --flavor demo --network default "$@" --wait -f value -c id "$name"
    has_status active server "$name" || {
        openstack server show "$name" >>"$demo/step.out" 2>&1 || true
        fail_step
    }
}

boot_all_ways() {
    boot "a) Boot from the volume" "${servers[0]}" --volume demo-volume
    boot "b) Boot from the image, on a local disk" "${servers[1]}" --image demo-guest
    boot "c) Boot from the image on a new volume, with a blank volume besides" "${servers[2]}" --image demo-guest \
        --boot-from-volume 1 --block-device source_type=blank,destination_type=volume,volume_size=1,delete_on_termination=true
    boot "d) Boot from the snapshot on a new volume" "${servers[3]}" --snapshot demo-snapshot
}

has_login() {
    openstack console log show "$1" >"$demo/step.out" 2>&1 || true
    if grep -q VIRGA-GUEST-PANIC "$demo/step.out"; then return 2; fi
    grep -q VIRGA-GUEST-LOGIN "$demo/step.out"
}

wait_for_logins() {
    local server
    for server in "${servers[@]}"; do
        begin_wait $boot_limit "Wait for the login prompt of $server"
        command_line openstack console log show "$server"
        wait_until $boot_limit has_login "$server" || fail_step
        grep -aoE 'VIRGA-GUEST-(ROOT|DISK|LOGIN).*' "$demo/step.out" | tr -d '\r' | sed 's/^/    | /'
        end_step
    done
}

show_result() {
    local ids=() server
    for server in "${servers[@]}"; do ids+=("$(openstack server show -f value -c id "$server")"); done
    step_shown "The servers" openstack server list -c Name -c Status -c Networks -c Image
    step_shown "What ran in which way, and why" "$virga" trace "${ids[@]}"
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
    local fresh=yes
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
    boot_all_ways
    wait_for_logins
    show_result
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
