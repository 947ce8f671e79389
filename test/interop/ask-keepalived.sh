# Has keepalived read the keepalived.conf in the directory $1, in namespaces that end with this script: it is started by
# unshare with a network, a process and a mount namespace of its own.
#   $2  -P for the VRRP part or -C for the checkers, which need a kernel with IPVS
#   $3  the line of its dump that comes last
# Leaves what keepalived -t says in verdict and its exit code in code, the dump in dump, and the kernel's table in table.
cd "$1" || exit 1
ip link set lo up
for n in 0 1; do
  ip link add "eth$n" type veth peer name "peer$n"
  ip link set "eth$n" up
  ip link set "peer$n" up
  ip addr add "10.0.$n.5/24" dev "eth$n"
done
keepalived -t -i me -f keepalived.conf >verdict 2>&1
echo $? >code
keepalived "$2" -n -l -d -i me -f keepalived.conf -p pid -r vrrp.pid -c checkers.pid >dump 2>&1 &
n=0
until grep -q "$3" dump || ! kill -0 $! 2>/dev/null || [ $n -ge 100 ]; do
  sleep 0.05
  n=$((n + 1))
done
if [ "$2" = -C ]; then ipvsadm -Sn >table; fi
