#!/bin/bash
# make-guest-image.sh OUTDIR - builds OUTDIR/guest.qcow2, the small bootable guest of the demo and the tests.
#
# Everything in it is a Debian package or a file of tools/guest/: a cloud kernel, busybox, dropbear, resize2fs. No
# loop device and no mount is needed, so it works in a container; the network is used for packages only. OUTDIR/debs
# keeps the downloads. When OUTDIR holds an image of this very recipe, nothing is done.
#
# Layout: MBR | partition 1: FAT16 (syslinux, kernel, initramfs) | partition 2: ext4 "guestroot", last, so that it can
# grow to the size of the disk at boot.
# Console (ttyS0): VIRGA-GUEST-INITRD, VIRGA-GUEST-ROOT device sectors N, VIRGA-GUEST-BOOT count,
# VIRGA-GUEST-DISK name sectors|removed, VIRGA-GUEST-SSH-READY, VIRGA-GUEST-METADATA, VIRGA-GUEST-LOGIN and a login
# prompt (user virga, password virga-guest), VIRGA-GUEST-SHUTDOWN.
set -euo pipefail

readonly fat_start=2048 fat_sectors=$((20 * 2048)) root_mib=24
readonly root_start=$((fat_start + fat_sectors)) root_sectors=$((root_mib * 2048))
readonly cmdline="console=tty0 console=ttyS0,115200 net.ifnames=0 mitigations=off random.trust_cpu=on panic=5 no_timer_check"
# The initramfs loads what the root disk needs, the guest itself the rest.
readonly initramfs_modules=(virtio_pci virtio_blk virtio_scsi sd_mod virtio_net)
readonly rootfs_modules=(button evdev virtio_rng virtio_balloon virtio_console ata_piix sr_mod isofs vfat nls_cp437 nls_ascii)

fail() {
    echo "make-guest-image: $*" >&2
    exit 1
}

require_tools() {
    local tool
    for tool in apt-get dpkg-deb depmod modprobe cpio syslinux mcopy mke2fs sfdisk qemu-img openssl sha256sum; do
        command -v "$tool" >/dev/null || fail "$tool is missing: run tools/install-deps.sh run demo"
    done
}

recipe_digest() {
    (cd "$here" && find make-guest-image.sh guest -type f -print0 | sort -z | xargs -0 sha256sum) | sha256sum | cut -d' ' -f1
}

# apt would hand the download to its own user, who may not write here: stay who we are.
download() {
    (cd "$debs" && apt-get -qq -o APT::Sandbox::User="$(id -un)" -o Acquire::Retries=3 download "$@")
}

update_package_lists() {
    echo "refreshing the package lists"
    if [ "$(id -u)" = 0 ] && [ -z "${FAKEROOTKEY:-}" ]; then apt-get -qq update; else sudo -n apt-get -qq update; fi
}

kernel_package() {
    apt-cache depends linux-image-cloud-amd64 2>/dev/null | awk '/Depends:/ {print $2; exit}'
}

newest_deb() {
    find "$debs" -name "$1_*.deb" | sort -V | tail -1
}

fetch_packages() {
    local kernel missing=() package
    [ -n "$(newest_deb 'linux-image-*-cloud-amd64')" ] || [ -n "$(kernel_package)" ] || update_package_lists
    kernel=$(kernel_package)
    packages=("${kernel:-linux-image-*-cloud-amd64}" busybox-static busybox dropbear-bin e2fsprogs libc6 libcrypt1 libtomcrypt1
        libtommath1 libgmp10 zlib1g libext2fs2 libcom-err2 libblkid1 libuuid1 libss2)
    for package in "${packages[@]}"; do [ -n "$(newest_deb "$package")" ] || missing+=("$package"); done
    [ ${#missing[@]} -eq 0 ] && return
    echo "downloading ${#missing[@]} packages"
    download "${missing[@]}" || { update_package_lists && download "${missing[@]}"; } ||
        fail "cannot download ${missing[*]}"
}

unpack_packages() {
    local package
    for package in "${packages[@]}"; do
        [ "$package" = busybox ] || dpkg-deb -x "$(newest_deb "$package")" "$unpacked"
    done
    # The initramfs gets the static busybox, the root file system the dynamic one: static glibc cannot load NSS.
    dpkg-deb -x "$(newest_deb busybox)" "$work/busybox"
    [ -d "$unpacked/lib/modules" ] || mv "$unpacked/usr/lib/modules" "$unpacked/lib/modules"
    kernel_version=$(ls "$unpacked/lib/modules")
    depmod -b "$unpacked" "$kernel_version"
}

# copy_modules DIR NAME...: the modules and what they need, numbered in the order to load them.
copy_modules() {
    local dir=$1 module path number=10
    shift
    mkdir -p "$dir"
    for module in "$@"; do
        modprobe -d "$unpacked" -S "$kernel_version" --show-depends "$module" 2>/dev/null
    done | awk '/^insmod/ && !seen[$2]++ {print $2}' >"$work/modules"
    while read -r path; do
        cp "$path" "$dir/$number-${path##*/}"
        number=$((number + 1))
    done <"$work/modules"
}

make_initramfs() {
    local tree=$work/initramfs
    mkdir -p "$tree"/{bin,modules,proc,sys,dev,newroot}
    cp "$unpacked/bin/busybox" "$tree/bin/busybox"
    copy_modules "$tree/modules" "${initramfs_modules[@]}"
    install -m 755 "$here/guest/initramfs-init" "$tree/init"
    (cd "$tree" && find . | sort | cpio -o -H newc -R 0:0 --quiet | gzip -6n) >"$work/initrd.gz"
}

copy_busybox() {
    local applet dir
    install -m 755 "$work/busybox/bin/busybox" "$root/bin/busybox"
    for applet in $("$work/busybox/bin/busybox" --list); do
        case $applet in
        busybox | dpkg* | rpm* | mke2fs) continue ;;
        init | getty | ifconfig | ip | route | udhcpc | poweroff | reboot | halt | insmod | acpid) dir=sbin ;;
        *) dir=bin ;;
        esac
        ln -sf /bin/busybox "$root/$dir/$applet"
    done
    ln -sf /bin/busybox "$root/sbin/acpid"
}

# Programs with the libraries that they link to, taken from the packages and never from this machine.
copy_programs() {
    local library_path program source library
    library_path=$(find "$unpacked" -type d \( -name x86_64-linux-gnu -o -name lib64 \) | paste -sd:)
    for program in usr/sbin/dropbear usr/bin/dropbearkey usr/bin/dbclient sbin/resize2fs; do
        source=$unpacked/$program
        [ -e "$source" ] || source=$unpacked/usr/$program
        install -D -m 755 "$source" "$root/$program"
        env -u LD_PRELOAD LD_LIBRARY_PATH="$library_path" ldd "$source" | awk '$2 == "=>" && $3 ~ /^\// {print $3}' >"$work/libraries"
        while read -r library; do
            [[ $library == "$unpacked"/* ]] || fail "$program needs $library, which no package of the list has"
            cp -L "$library" "$root/lib/${library##*/}"
        done <"$work/libraries"
    done
    for library in libnss_files.so.2 libnss_dns.so.2 libresolv.so.2; do
        source=$(find "$unpacked" -name "$library" | head -1)
        [ -z "$source" ] || cp -L "$source" "$root/lib/"
    done
    cp -L "$(find "$unpacked" -name ld-linux-x86-64.so.2 | head -1)" "$root/lib64/"
    ln -s dbclient "$root/usr/bin/ssh"
}

make_root_tree() {
    local hash
    mkdir -p "$root"/{bin,sbin,lib,lib64,usr/bin,usr/sbin,etc/dropbear,proc,sys,dev,tmp,run,mnt,var/lib,var/log} \
        "$root"/{root,home/virga}/.ssh
    cp -R "$here/guest/rootfs/." "$root/"
    copy_busybox
    copy_programs
    copy_modules "$root/lib/modules-boot" "${rootfs_modules[@]}"
    hash=$(openssl passwd -6 -salt virgaguest virga-guest)
    printf 'root:%s:19000:0:99999:7:::\nvirga:%s:19000:0:99999:7:::\n' "$hash" "$hash" >"$root/etc/shadow"
    chmod 600 "$root/etc/shadow"
    chown -R 0:0 "$root"
    chown -R 1000:1000 "$root/home/virga"
    chmod 700 "$root/root/.ssh" "$root/home/virga/.ssh"
    chmod 1777 "$root/tmp"
}

make_boot_partition() {
    truncate -s $((fat_sectors * 512)) "$work/fat.img"
    mformat -i "$work/fat.img" -v BOOT -T $fat_sectors -h 64 -s 32 -H $fat_start ::
    cat >"$work/syslinux.cfg" <<END
SERIAL 0 115200
PROMPT 0
TIMEOUT 0
DEFAULT linux
LABEL linux
 KERNEL vmlinuz
 INITRD initrd.gz
 APPEND $cmdline
END
    mcopy -i "$work/fat.img" "$unpacked/boot/vmlinuz-$kernel_version" ::vmlinuz
    mcopy -i "$work/fat.img" "$work/initrd.gz" "$work/syslinux.cfg" ::
    syslinux --install "$work/fat.img"
}

make_root_partition() {
    truncate -s $((root_sectors * 512)) "$work/root.img"
    # resize= reserves the descriptor blocks that growing the mounted file system (to 256 GiB at most) needs.
    mke2fs -q -F -t ext4 -b 4096 -m 0 -J size=4 -N 4096 -L guestroot \
        -E resize=$((256 * 262144)),lazy_itable_init=0,root_owner=0:0 -d "$root" "$work/root.img"
}

make_disk() {
    local disk=$work/guest.raw
    truncate -s $(((root_start + root_sectors) * 512)) "$disk"
    sfdisk -q "$disk" <<END
label: dos
label-id: 0x76697267
start=$fat_start,size=$fat_sectors,type=e,bootable
start=$root_start,size=$root_sectors,type=83
END
    dd if=/usr/lib/syslinux/mbr/mbr.bin of="$disk" bs=440 count=1 conv=notrunc status=none
    dd if="$work/fat.img" of="$disk" bs=1M seek=$((fat_start / 2048)) conv=notrunc,sparse status=none
    dd if="$work/root.img" of="$disk" bs=1M seek=$((root_start / 2048)) conv=notrunc,sparse status=none
    qemu-img convert -f raw -O qcow2 -c "$disk" "$out/guest.qcow2.part"
    mv "$out/guest.qcow2.part" "$out/guest.qcow2"
}

[ $# = 1 ] || fail "usage: make-guest-image.sh OUTDIR"
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
exec 9>"$out/.lock"
flock 9
digest=$(recipe_digest)
if [ -s "$out/guest.qcow2" ] && [ "$(cat "$out/recipe" 2>/dev/null)" = "$digest" ]; then
    echo "guest image: $out/guest.qcow2 is up to date"
    exit 0
fi
PATH=$PATH:/usr/sbin:/sbin
require_tools
if [ "$(id -u)" != 0 ]; then
    # File owners inside the image must be right, and only root may set them.
    command -v fakeroot >/dev/null || fail "run as root, or install fakeroot"
    flock -u 9
    exec fakeroot "$0" "$@"
fi
debs=$out/debs
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unpacked=$work/unpacked
root=$work/root
mkdir -p "$debs" "$unpacked"
rm -f "$out/recipe"
fetch_packages
unpack_packages
make_initramfs
make_root_tree
make_boot_partition
make_root_partition
make_disk
echo "$digest" >"$out/recipe"
echo "guest image: $out/guest.qcow2, $(($(stat -c %s "$out/guest.qcow2") / 1024)) KiB"
