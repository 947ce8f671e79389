#!/bin/bash
# Puts Debian's kernel and a small initramfs into .cache/guest, for test/guest/boot. Called by setup.sh.
#   linux/        the kernel package, unpacked, not installed
#   vmlinux       its kernel, decompressed: under emulation, its own decompressor takes 4 s of every boot
#   version       its release, as `uname -r` says it
#   initramfs.gz  busybox, the drivers that reach the host's files, test/guest/boot/init.sh
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
cache=$PWD/.cache/guest
init=test/guest/boot/init.sh

say() { printf 'setup: %s\n' "$*" >&2; }
die() {
  say "$*"
  exit 1
}

decompress_kernel() {
  local offset
  offset=$(LC_ALL=C grep -aboP '\xFD7zXZ\x00' "$1" | head -n 1 | cut -d : -f 1) || true
  [ -n "$offset" ] || die "no xz stream in $1"
  # What follows the stream is not part of it.
  tail -c "+$((offset + 1))" "$1" | xz -dcq --single-stream >"$2" 2>/dev/null || true
  [ "$(head -c 4 "$2" | tail -c 3)" = ELF ] || die "$1 did not decompress to a kernel"
}

download_kernel() {
  local package version
  [ ! -e "$cache/version" ] || return 0
  [ "$(dpkg --print-architecture)" = amd64 ] || die "this kernel has no IPVS, and the guest that would have it needs an amd64 machine"
  # The cloud kernel would be smaller, but it has no 9p.
  kernel_package() { apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/^ *Depends: //p' | head -n 1; }
  package=$(kernel_package)
  if [ -z "$package" ]; then
    apt-get -qq update >.cache/apt-update.log 2>&1 </dev/null || true
    package=$(kernel_package)
  fi
  [ -n "$package" ] || die 'apt does not know linux-image-amd64 (is there a network?): no kernel with IPVS for the tests'
  say "fetching $package for the guest (this kernel has no IPVS)"
  rm -rf "$cache/linux" "$cache/download"
  mkdir -p "$cache/download"
  fetch() { (cd "$cache/download" && apt-get -qq -o APT::Sandbox::User=root download "$package" >../download.log 2>&1 </dev/null); }
  # Lists that are too old name a file that the archive no longer has.
  fetch || { apt-get -qq update >.cache/apt-update.log 2>&1 </dev/null && fetch; } || {
    tail -n 5 "$cache/download.log" >&2
    die "apt cannot fetch $package (is there a network?): no kernel with IPVS for the tests"
  }
  dpkg-deb -x "$cache"/download/*.deb "$cache/linux"
  rm -rf "$cache/download"
  version=${package#linux-image-}
  decompress_kernel "$cache/linux/boot/vmlinuz-$version" "$cache/vmlinux"
  # In the guest, under emulation, depmod takes 30 s.
  depmod -b "$cache/linux" "$version"
  printf '%s\n' "$version" >"$cache/version"
}

pack_initramfs() {
  local version tree count=0 path
  if [ -e "$cache/initramfs.gz" ] && [ -z "$(find "$init" "$0" "$cache/version" -newer "$cache/initramfs.gz" -print -quit)" ]; then return 0; fi
  version=$(cat "$cache/version")
  tree=$(mktemp -d "$cache/initramfs.XXXXXX")
  mkdir -p "$tree"/{bin,modules,proc,sys,dev,host,new}
  cp "$(command -v busybox)" "$tree/bin/busybox"
  install -m 755 "$init" "$tree/init"
  while read -r path; do
    count=$((count + 1))
    cp "$path" "$tree/modules/$(printf %02d "$count")-$(basename "$path")"
  done < <(modprobe -d "$cache/linux" -S "$version" --show-depends -a virtio_pci virtio_console 9pnet_virtio 9p overlay |
    sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++')
  [ "$count" -gt 0 ] || die "no modules found in $cache/linux"
  (cd "$tree" && find . | cpio --quiet -o -H newc) | gzip >"$cache/initramfs.part"
  mv "$cache/initramfs.part" "$cache/initramfs.gz"
  rm -rf "$tree"
}

mkdir -p "$cache"
download_kernel
pack_initramfs
