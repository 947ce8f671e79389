# Has keepalived read the keepalived.conf in the directory $1, in namespaces that end with this script: it is started by
# unshare with a network, a process and a mount namespace of its own.
#   $2  what is asked: verdict, -P for the VRRP part, -C for the checkers, which need a kernel with IPVS
#   $3  the line of its dump that comes last
# Leaves what keepalived -t says in verdict and its exit code in code, or the dump in dump and the kernel's table in table.
cd "$1" || exit 1
n=0
for name in lo eth0 eth1 eth2 eth3 eth0.1; do
  if [ $n -gt 0 ]; then
    echo "link add $name type veth peer name peer$n"
    echo "link set peer$n up"
    echo "addr add 10.0.$((n - 1)).5/24 dev $name"
  fi
  echo "link set $name up"
  n=$((n + 1))
done | ip -batch - || exit 1
if [ "$2" = verdict ]; then
  keepalived -t -i me -f keepalived.conf >verdict 2>&1
  echo $? >code
  exit
fi
keepalived "$2" -n -l -d -i me -f keepalived.conf -p pid -r vrrp.pid -c checkers.pid >dump 2>&1 &
n=0
until grep -qE "$3|has no configuration to run" dump || ! kill -0 $! 2>/dev/null || [ $n -ge 100 ]; do
  sleep 0.05
  n=$((n + 1))
done
if [ "$2" = -C ]; then ipvsadm -Sn >table; fi
