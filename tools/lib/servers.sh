# shellcheck shell=bash
# Servers of the four ways to boot, by the unchanged `openstack` client. Sourced after steps.sh; the caller sets
# `guest` (the image), `virga` (the program), `status_limit` and `boot_limit` (seconds that a wait may take).
# shellcheck disable=SC2154

# Of the four ways; the order is that of the trace's columns.
readonly servers=(demo-a-volume demo-b-image demo-c-image-to-volume demo-d-snapshot-to-volume)

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
    wait_until "$status_limit" gone "$kind" "$@"
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
    begin_wait "$status_limit" "Wait until $2 $3 is $1"
    wait_until "$status_limit" has_status "$@" || {
        # shellcheck disable=SC2086
        openstack $2 show "$3" >"$steps_dir/step.out" 2>&1 || true
        fail_step
    }
    end_step
}

create_sources() {
    step_within "$status_limit" "Upload the guest image" openstack image create --disk-format qcow2 --container-format bare --file "$guest" \
        -f value -c id demo-guest
    openstack flavor show demo >/dev/null 2>&1 ||
        step_within "$status_limit" "Make a flavor" openstack flavor create --vcpus 1 --ram 128 --disk 1 -f value -c id demo
    step_within "$status_limit" "Create a bootable volume from the image" openstack volume create --image demo-guest --size 1 -f value -c id demo-volume
    wait_for_status available volume demo-volume
    step_within "$status_limit" "Snapshot the volume" openstack volume snapshot create --volume demo-volume -f value -c id demo-snapshot
    wait_for_status available "volume snapshot" demo-snapshot
}

# boot TITLE NAME OPTION...: `server create --wait` ends with status 0 even when the server went to ERROR, so look.
boot() {
    local title=$1 name=$2
    shift 2
    step_within "$boot_limit" "$title" openstack server create --flavor demo --network default "$@" --wait -f value -c id "$name"
    has_status active server "$name" || {
        openstack server show "$name" >>"$steps_dir/step.out" 2>&1 || true
        fail_step
    }
}

# boot_way 0..3: a server in that way.
boot_way() {
    local name=${servers[$1]}
    case $1 in
    0) boot "a) Boot from the volume" "$name" --volume demo-volume ;;
    1) boot "b) Boot from the image, on a local disk" "$name" --image demo-guest ;;
    2) boot "c) Boot from the image on a new volume, with a blank volume besides" "$name" --image demo-guest \
        --boot-from-volume 1 --block-device source_type=blank,destination_type=volume,volume_size=1,delete_on_termination=true ;;
    3) boot "d) Boot from the snapshot on a new volume" "$name" --snapshot demo-snapshot ;;
    esac
}

has_login() {
    openstack console log show "$1" >"$steps_dir/step.out" 2>&1 || true
    if grep -q VIRGA-GUEST-PANIC "$steps_dir/step.out"; then return 2; fi
    grep -q VIRGA-GUEST-LOGIN "$steps_dir/step.out"
}

wait_for_logins() {
    local server
    for server in "${servers[@]}"; do
        begin_wait "$boot_limit" "Wait for the login prompt of $server"
        command_line openstack console log show "$server"
        wait_until "$boot_limit" has_login "$server" || fail_step
        grep -aoE 'VIRGA-GUEST-(ROOT|DISK|LOGIN).*' "$steps_dir/step.out" | tr -d '\r' | sed 's/^/    | /'
        end_step
    done
}

# show_result OPTION...: of `openstack server list`.
show_result() {
    local ids=() server
    for server in "${servers[@]}"; do ids+=("$(openstack server show -f value -c id "$server")"); done
    step_shown "The servers" openstack server list "$@"
    step_shown "What ran in which way, and why" "$virga" trace "${ids[@]}"
}
