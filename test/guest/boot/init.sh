#!/bin/busybox sh
# The first program of the guest, in its initramfs. Builds a root on tmpfs in which every directory of
# the host shows through a writable overlay of its own, and goes on there with /run/guest/start.
# One overlay for all of / loses /proc: its root is revalidated over 9p, and mounts below it are dropped
# (seen on 6.1). What can be done here is done here: a program read over 9p takes ten times as long.
set -e
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm /dev/guest
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
for module in /modules/*.ko; do insmod "$module"; done
for port in /sys/class/virtio-ports/*; do
  ln -s "/dev/${port##*/}" "/dev/guest/$(cat "$port/name")"
done
hostname guest
ip link set lo up

mount_host() { mount -t 9p -o "trans=virtio,version=9p2000.L,msize=512000,$3" "$1" "$2"; }
mount_host host /host ro,cache=loose
mount -t tmpfs -o mode=755 root /new
mkdir -p /new/run/guest /new/tmp /new/mnt /new/media /new/proc /new/sys /new/dev /new/.writable
chmod 1777 /new/tmp
mount_host orders /new/run/guest ro

overlay() {
  mkdir -p "/new$1" "/new/.writable$1/upper" "/new/.writable$1/work"
  mount -t overlay -o "lowerdir=/host$1,upperdir=/new/.writable$1/upper,workdir=/new/.writable$1/work" overlay "/new$1"
}

for path in /host/*; do
  name=${path#/host}
  case $name in /proc | /sys | /dev | /run | /tmp | /mnt | /media | /boot | /lost+found) continue ;; esac
  if [ -L "$path" ]; then ln -s "$(readlink "$path")" "/new$name"; elif [ -d "$path" ]; then overlay "$name"; fi
done
read -r checkout </new/run/guest/checkout
read -r share </new/run/guest/share
case $checkout in /tmp/* | /run/* | /mnt/* | /media/*) overlay "$checkout" ;; esac
version=$(uname -r)
mkdir -p /new/usr/lib/modules "/new$share"
ln -s "$checkout/.cache/guest/linux/lib/modules/$version" "/new/usr/lib/modules/$version"
mount_host share "/new$share" cache=none
# Above a few thousand servers the estimator's timer starves an emulated 6.1.
mkdir -p /new/etc/modprobe.d
echo 'install ip_vs modprobe --ignore-install ip_vs && sysctl -qw net.ipv4.vs.run_estimation=0' >/new/etc/modprobe.d/lbd-guest.conf
for mount in proc sys dev; do mount --move "/$mount" "/new/$mount"; done
exec switch_root /new /bin/sh /run/guest/start
