# shellcheck shell=bash
# Starts, finds and ends the demo's cloud. Sourced after steps.sh; the caller sets `demo` (the state directory),
# `virga` (the program) and `port`.
# shellcheck disable=SC2154

# The whole cloud's parent process, if it runs: the pid file alone could name a stranger after a reboot.
cloud_pid() {
    local pid
    pid=$(cat "$demo/virga.pid" 2>/dev/null) || return 1
    tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF -- "--state-dir $demo" && echo "$pid"
}

# Every process of the program that works on this state directory, its two children included.
cloud_pids() {
    local dir
    for dir in /proc/[0-9]*; do
        [[ $(cat "$dir/comm" 2>/dev/null) == virga* ]] || continue
        tr '\0' ' ' <"$dir/cmdline" 2>/dev/null | grep -qF -- "$demo" && echo "${dir#/proc/}"
    done
    return 0
}

# Guests of this state directory; they outlive the program by design.
guest_pids() {
    local dir
    for dir in /proc/[0-9]*; do
        case $(readlink "$dir/exe" 2>/dev/null) in
        */qemu-system-*) tr '\0' ' ' <"$dir/cmdline" 2>/dev/null | grep -qF -- "$demo/" && echo "${dir#/proc/}" ;;
        esac
    done
    return 0
}

cloud_is_ready() { [ -n "$(cloud_pid)" ] && [ -e "$demo/ready" ]; }

cloud_is_older_than_program() { [ "$virga" -nt "$demo/virga.pid" ]; }

require_free_port() {
    local taken
    taken=$(ss -Hltnp "sport = :$port")
    [ -z "$taken" ] && return
    say "port $port is in use:"
    say "$taken"
    say "End that program, or choose another port: VIRGA_DEMO_PORT=18775 make demo"
    return 1
}

# await_ready SECONDS DESCRIPTOR: reads what the program announces of itself (sd_notify's messages) until it is ready.
await_ready() {
    local end=$((SECONDS + $1)) line left status=0
    while left=$((end - SECONDS)) && [ $left -gt 0 ]; do
        read -r -t "$left" -u "$2" line || { status=$? && break; }
        case $line in
        READY=1) return 0 ;;
        STATUS=*) say "    ${line#STATUS=}" ;;
        esac
    done
    if [ $status = 1 ]; then
        say "    virga serve ended before it was ready"
    else
        say "    virga serve was not ready in $1 s"
    fi
    return 1
}

# start_cloud SECONDS: returns when the API answers and the host is up; otherwise nothing of it is left running. The
# program says so itself, on a pipe that its end closes.
start_cloud() {
    local announced
    require_free_port || return 1
    exec {announced}< <(exec setsid "$virga" serve --state-dir "$demo" --listen "127.0.0.1:$port" --notify-fd 3 \
        --set compute.driver=libvirt --set libvirt.virt_type=qemu 3>&1 >>"$demo/virga.log" 2>&1 </dev/null)
    echo $! >"$demo/virga.pid"
    if await_ready "$1" "$announced"; then
        exec {announced}<&-
        return 0
    fi
    exec {announced}<&-
    stop_cloud
    return 1
}

all_gone() {
    local pid
    for pid in "$@"; do [ ! -d "/proc/$pid" ] || grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null || return 1; done
}

# end_processes SIGNAL SECONDS PID...: signals them and waits until they are gone.
end_processes() {
    local signal=$1 limit=$2
    shift 2
    [ $# -gt 0 ] || return 0
    kill "-$signal" "$@" 2>/dev/null || true
    wait_until "$limit" all_gone "$@"
}

# Ends the program; guests keep running.
stop_cloud() {
    local pid pids
    mapfile -t pids < <(cloud_pids)
    pid=$(cloud_pid) || pid=${pids[0]:-}
    [ -z "$pid" ] || end_processes TERM 40 "$pid" || true
    mapfile -t pids < <(cloud_pids)
    end_processes KILL 20 "${pids[@]}"
}

# Reads openrc into the environment, after removing what other clouds left there.
use_cloud() {
    local name
    for name in $(compgen -e OS_); do unset "$name"; done
    export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1
    # shellcheck source=/dev/null
    . "$demo/openrc"
}
