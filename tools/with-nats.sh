#!/bin/bash
# with-nats.sh COMMAND... - runs a command beside a NATS server of its own, from Debian's package.
#
# VIRGA_TEST_NATS is its URL. It listens on a free port of 127.0.0.1. Nothing of it is left when the command ends.
set -euo pipefail

readonly program=/usr/sbin/nats-server
folder=$(mktemp -d /tmp/virga-nats-XXXXXX)
server=

# shellcheck disable=SC2317 # called by the trap
stop() {
    trap - EXIT
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" || true
    fi
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT TERM HUP

[ -x $program ] || {
    echo "with-nats: Debian's package nats-server is not installed: tools/install-deps.sh test" >&2
    exit 1
}
setpriv --pdeathsig TERM $program -a 127.0.0.1 -p -1 --ports_file_dir "$folder" >"$folder/log" 2>&1 &
server=$!
for _ in $(seq 300); do
    url=$(grep -oE 'nats://[0-9.]+:[0-9]+' "$folder"/*.ports 2>/dev/null | head -1) && [ -n "$url" ] && break
    kill -0 $server 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
    sleep 0.1
done
export VIRGA_TEST_NATS=$url
status=0
"$@" || status=$?
exit $status
