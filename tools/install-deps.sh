#!/bin/bash
# install-deps.sh [build|run|demo|test|cluster|tempest|fuzz|dev]... - installs what Virga needs on a bare Debian 12.
#
# build: what compiles it.  run: what `virga serve` uses.  demo: what `make demo` adds (the client, the guest image).
# test, cluster: what `make test` and `make cluster` add, with all of demo.  tempest, fuzz: the same of those.
# dev: the format and lint tools of `make check`.  Without an argument: build, run and test.
# Quick when nothing is missing: it then asks dpkg only and touches no package list.
set -euo pipefail

build_packages=(
    g++ make cmake ninja-build ccache mold pkg-config
    libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev
    libsqlite3-dev libpq-dev libvirt-dev libspdlog-dev libfmt-dev libcli11-dev libtomlplusplus-dev libpugixml-dev
    libsodium-dev libseccomp-dev libssl-dev libarchive-dev libzstd-dev libxxhash-dev libnbd-dev libre2-dev libnats-dev
    libgtest-dev libgmock-dev libbenchmark-dev
)
# libvirt's embedded QEMU driver is a library: no daemon is started by these packages.
run_packages=(
    libvirt-daemon libvirt-daemon-driver-qemu qemu-system-x86 qemu-utils ovmf iproute2 nftables libre2-9 libnats3.4
)
demo_packages=(
    python3-openstackclient syslinux syslinux-common mtools kmod cpio fdisk e2fsprogs openssl fakeroot jq procps
)
test_packages=(
    "${demo_packages[@]}" python3-openstacksdk python3-pytest python3-pytest-xdist python3-pytest-timeout python3-requests
    xfsprogs glusterfs-server glusterfs-client sqlite3 postgresql nats-server
)
cluster_packages=("${demo_packages[@]}" python3-openstacksdk python3-requests postgresql nats-server)
tempest_packages=(tempest python3-tempest)
fuzz_packages=(clang libclang-rt-14-dev)
dev_packages=(git clang-format clang-tidy shellcheck)

fail() {
    echo "install-deps: $*" >&2
    exit 1
}

require_debian_12() {
    # shellcheck source=/dev/null
    [ -r /etc/os-release ] && . /etc/os-release
    [ "${ID:-}${VERSION_ID:-}" = debian12 ] ||
        fail "Virga is built and tested on Debian 12; this is '${PRETTY_NAME:-an unknown system}'. Install these by hand: ${wanted[*]}"
}

# One call for all: dpkg-query prints what it knows and complains (to stderr) of the rest.
missing_packages() {
    local installed
    installed=$(dpkg-query -W -f='${Package} ${db:Status-Abbrev}\n' "${wanted[@]}" 2>/dev/null | awk '$2 == "ii" {print $1}') || true
    printf '%s\n' "${wanted[@]}" | grep -vxF -e "${installed:-none}" || true
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "needs root (or sudo) to install: ${missing[*]}"
    fi
}

# libvirt looks this user and group up before it reads its configuration, also when guests run as somebody else; the
# package that would make them starts daemons too.
ensure_guest_user() {
    getent group libvirt-qemu >/dev/null || as_root groupadd --system libvirt-qemu
    getent passwd libvirt-qemu >/dev/null || as_root useradd --system --gid libvirt-qemu --no-create-home \
        --home-dir /nonexistent --shell /usr/sbin/nologin libvirt-qemu
}

# The control process runs as this user when root starts it.
ensure_control_user() {
    getent passwd virga >/dev/null || as_root useradd --system --user-group --no-create-home \
        --home-dir /nonexistent --shell /usr/sbin/nologin virga
}

# Programs that read what users and guests wrote run as this user, in a sandbox.
ensure_helper_user() {
    getent passwd virga-helper >/dev/null || as_root useradd --system --user-group --no-create-home \
        --home-dir /nonexistent --shell /usr/sbin/nologin virga-helper
}

wanted=()
needs_users=no
[ $# -gt 0 ] || set -- build run test
for group in "$@"; do
    case $group in
    build) wanted+=("${build_packages[@]}") ;;
    run)
        wanted+=("${run_packages[@]}")
        needs_users=yes
        ;;
    demo) wanted+=("${demo_packages[@]}") ;;
    test) wanted+=("${test_packages[@]}") ;;
    cluster) wanted+=("${cluster_packages[@]}") ;;
    tempest) wanted+=("${tempest_packages[@]}") ;;
    fuzz) wanted+=("${fuzz_packages[@]}") ;;
    dev) wanted+=("${dev_packages[@]}") ;;
    *) fail "unknown group '$group': use build, run, demo, test, cluster, tempest, fuzz or dev" ;;
    esac
done

require_debian_12
mapfile -t missing < <(missing_packages)
[ $needs_users = no ] || { ensure_guest_user; ensure_control_user; ensure_helper_user; }
if [ ${#missing[@]} -eq 0 ]; then
    echo "packages: all ${#wanted[@]} are installed"
    exit 0
fi
echo "packages: installing ${#missing[@]}: ${missing[*]}"
apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
as_root "${apt[@]}" update
as_root "${apt[@]}" install -y --no-install-recommends "${missing[@]}"
