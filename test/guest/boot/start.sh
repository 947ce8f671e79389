# The last steps of the guest on its own root: the command, then power off.
# Standard output, standard error, reports and, where it is wanted, standard input to the host have a virtio port each.
exec 3>/dev/guest/report
. /run/guest/environment
echo up >&3
[ -e /dev/guest/in ] && input=/dev/guest/in || input=/dev/null
sh /run/guest/command <$input >/dev/guest/out 2>/dev/guest/err 3>&-
echo "exit $?" >&3
umount "$GUEST_SHARE"
echo o >/proc/sysrq-trigger
sleep 60
