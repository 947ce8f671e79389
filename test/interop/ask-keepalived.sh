# Has keepalived read the keepalived.conf in each of the directories $3…, in namespaces that end with this script: it is
# started by unshare with a network, a process and a mount namespace of its own.
#   $1  -t leaves what keepalived -t says in verdict and its exit code in code;
#       -P that, and what the VRRP part dumps in dump;
#       -C what the checkers dump in dump, and the kernel's table in table; they need IPVS
#   $2  the line of the dump that comes last
[ $$ = 1 ] || exit 1
what=$1 last=$2
shift 2
# Without a syslog keepalived writes each line to the console too: on a serial line that takes longer than all the rest.
mount --bind /dev/null /dev/console
n=0
{
  echo link set lo up
  for name in eth0 eth1 eth2 eth3 eth0.1 ens33; do
    echo "link add $name type veth peer name peer$n"
    echo "link set peer$n up"
    echo "link set $name up"
    echo "addr add 10.0.$n.5/24 dev $name"
    n=$((n + 1))
  done
} | ip -batch - || exit 1
# Emulated, looking costs more than waiting.
[ "$what" = -C ] && pause=0.3 || pause=0.03

for directory; do
  cd "$directory" || exit 1
  variables=$(cat environment)
  if [ "$what" != -C ]; then
    env $variables keepalived -t -i me -f keepalived.conf >verdict 2>&1
    echo $? >code
  fi
  [ "$what" != -t ] || continue
  env $variables keepalived "$what" -n -l -d -i me -f keepalived.conf -p pid -r vrrp.pid -c checkers.pid >dump 2>&1 &
  n=0
  until grep -qE "$last|has no configuration to run" dump || ! kill -0 $! 2>/dev/null || [ $n -ge 600 ]; do
    sleep $pause
    n=$((n + 1))
  done
  if [ "$what" = -C ]; then ipvsadm -Sn >table; fi
  # All of this namespace; keepalived would take a second to stop.
  kill -9 -1
  wait
  if [ "$what" = -C ]; then ipvsadm -C; fi
  # keepalived would take an interface that it left behind for its own.
  for link in $(ip -br link show type macvlan | sed 's/@.*//'); do ip link del "$link"; done
done
