#!/bin/bash
# with-postgresql.sh COMMAND... - runs a command beside a PostgreSQL server of its own, from Debian's package.
#
# VIRGA_TEST_DATABASE names it: the URL of its database "postgres", of a user who may make others. It listens on a Unix
# socket in a temporary folder only, and runs as a user without rights when root calls this. It isn't synced to disk.
# Nothing of it is left when the command ends.
set -euo pipefail

readonly programs=/usr/lib/postgresql/15/bin
folder=$(mktemp -d /tmp/virga-pg-XXXXXX)
chmod 755 "$folder"
password=$(od -An -N 16 -tx1 /dev/urandom | tr -d ' \n')
server=

as_user=()
[ "$(id -u)" != 0 ] || as_user=(setpriv --reuid=nobody --regid=nogroup --clear-groups)

# shellcheck disable=SC2317 # called by the trap
stop() {
    trap - EXIT
    if [ -n "$server" ]; then
        kill -INT "$server" 2>/dev/null || true
        wait "$server" || true
    fi
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT TERM HUP

[ -x $programs/initdb ] || {
    echo "with-postgresql: Debian's package postgresql is not installed: tools/install-deps.sh test" >&2
    exit 1
}
mkdir "$folder/data" "$folder/socket"
printf '%s\n' "$password" >"$folder/password"
[ "$(id -u)" != 0 ] || chown -R nobody:nogroup "$folder/data" "$folder/socket" "$folder/password"
"${as_user[@]}" $programs/initdb --pgdata="$folder/data" --username=virga --pwfile="$folder/password" --auth=scram-sha-256 \
    --encoding=UTF8 --locale=C --no-sync >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
cat >>"$folder/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$folder/socket'
max_connections = 500
shared_buffers = 64MB
fsync = off
full_page_writes = off
logging_collector = off
CONF
# postgres itself, not pg_ctl: it ends when this script does, in whatever way.
"${as_user[@]}" setpriv --pdeathsig INT $programs/postgres -D "$folder/data" >>"$folder/log" 2>&1 &
server=$!
export VIRGA_TEST_DATABASE="postgresql://virga:$password@/postgres?host=$folder/socket"
export VIRGA_TEST_DATABASE_PID=$server
for _ in $(seq 300); do
    $programs/pg_isready -q -h "$folder/socket" && break
    kill -0 $server 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
    sleep 0.1
done
status=0
"$@" || status=$?
exit $status
