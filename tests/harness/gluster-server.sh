#!/bin/bash
# gluster-server.sh FOLDER - a real GlusterFS for tests: glusterd and one volume "volumes" of two replicas.
#
# It lives in namespaces of its own (network, processes, mounts), so that several can run at once and its end leaves
# nothing; Gluster refuses 127.0.0.1, so a veth pair leads to it. Prints "ready ADDRESS:/volumes" when it can be mounted.
# Then each line on standard input is a command for the gluster client; its output and a line "." answer.
# It ends with its standard input, so also when whoever started it is killed. Needs root, ip, glusterfs-server.
set -euo pipefail

# ---- inside: process 1 of the namespace; its end is the end of every daemon
inside() {
    local folder=$1 address=$2
    mount --make-rprivate /
    mkdir -p "$folder"/{lib,run,log,brick1,brick2} /var/lib/glusterd /var/log/glusterfs
    mount --bind "$folder/lib" /var/lib/glusterd
    mount --bind "$folder/run" /run # glusterd.socket is there, the same for every glusterd of a machine
    mkdir -p /run/gluster
    mount --bind "$folder/log" /var/log/glusterfs
    ip link set lo up
    glusterd
    local try
    for try in $(seq 100); do
        gluster --mode=script volume list >/dev/null 2>&1 && break
        [ "$try" != 100 ] || { echo "glusterd does not answer" >&2; exit 1; }
        sleep 0.1
    done
    gluster --mode=script volume create volumes replica 2 "$address:$folder/brick1" "$address:$folder/brick2" force
    # Without a quorum one brick is enough: right for this test of a dying brick, wrong where data matters.
    gluster --mode=script volume set volumes cluster.quorum-type none cluster.heal-timeout 5 network.ping-timeout 5
    gluster --mode=script volume start volumes
} >&2

serve() {
    local line
    while read -r line; do
        # shellcheck disable=SC2086  # words of the command
        gluster --mode=script $line 2>&1 || true
        echo .
    done
}

if [ "${1:-}" = --inside ]; then
    inside "$2" "$3"
    echo "ready $3:/volumes"
    serve
    exit 0
fi

# ---- outside: a network namespace and a way into it
# A number that no other test has: process ids are small and alike in their namespaces.
find_space() {
    local try
    for try in $(seq 50); do
        id=$(((RANDOM << 15 | RANDOM) % 16384))
        space=vgl$id
        [ ! -e "/sys/class/net/$space" ] && ip netns add "$space" 2>/dev/null && return
    done
    echo "no network namespace can be made" >&2
    exit 1
}

folder=$(realpath "$1")
find_space
clean_up() {
    ip netns delete "$space" 2>/dev/null || true # takes the veth pair along
}
trap clean_up EXIT
trap 'exit 1' INT TERM
ip link add "$space" type veth peer name eth0 netns "$space"
# Each test has a /30 of its own.
net=10.199.$((id / 64)).$((id % 64 * 4))
ip address add "${net%.*}.$((${net##*.} + 1))/30" dev "$space"
ip link set "$space" up
address=${net%.*}.$((${net##*.} + 2))
ip -n "$space" address add "$address/30" dev eth0
ip -n "$space" link set eth0 up
ip netns exec "$space" unshare --mount --pid --fork --kill-child --mount-proc "$0" --inside "$folder" "$address" <&0
