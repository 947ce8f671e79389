#!/bin/bash
# Prepares this checkout on Debian 12: apt packages, npm packages, the native addon, the compiled
# TypeScript and, where this kernel has no IPVS, a kernel for the guest of the tests. It asks nothing,
# and what is done already is left alone.
#   native/setup.sh             everything that `npm test` needs
#   native/setup.sh --start     without the guest, which `npm start` does not need
#   native/setup.sh --product   only what it takes to build lbd and lbctl
#   native/setup.sh --peers     nothing but the load balancers that `npm run bench` compares with
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

say() { printf 'setup: %s\n' "$*" >&2; }
die() {
  say "$*"
  exit 1
}

# To compile the addons, ours and those of npm packages, and the XDP program.
PRODUCT_PACKAGES=(g++ make python3 ca-certificates clang libbpf-dev linux-libc-dev)
# The lab, its web servers and clients, the other implementations that tests compare with, and the pictures of measurements.
TEST_PACKAGES=(libclang-rt-14-dev iproute2 ethtool procps psmisc kmod iputils-ping arping nginx curl wrk tcpdump tshark keepalived ipvsadm nftables dnsmasq-base python3-aiosmtpd librsvg2-bin fonts-dejavu-core)
# A machine with IPVS, where this one has none.
GUEST_PACKAGES=(qemu-system-x86 busybox-static cpio kmod util-linux xz-utils)
# Load balancers that only measurements need.
PEER_PACKAGES=(haproxy libnginx-mod-stream)

need_node() {
  command -v node >/dev/null || die 'Node.js is missing: install Node 20.19 or newer (Debian 12 brings 18), for example from https://deb.nodesource.com'
  command -v npm >/dev/null || die 'npm is missing: it comes with Node.js from nodejs.org or nodesource'
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    die "Node.js $(node -p process.versions.node) is too old: 20.19 or newer is needed"
}

missing_packages() {
  local package installed
  installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^ii *//p') || true
  for package in "$@"; do
    grep -qxF "$package" <<<"$installed" || printf '%s\n' "$package"
  done
}

# Debian starts a service as soon as it is installed; the tests run these programs themselves, in namespaces.
install_quietly() {
  local policy=/usr/sbin/policy-rc.d ours=no failed=no service
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    ours=yes
  fi
  DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
    -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold install "$@" >.cache/apt.log 2>&1 </dev/null || failed=yes
  if [ "$ours" = yes ]; then rm -f "$policy"; fi
  if [ "$failed" = yes ]; then return 1; fi
  for service in nginx keepalived haproxy; do
    if [ -d /run/systemd/system ] && [[ " $* " == *" $service "* ]]; then systemctl -q disable "$service" || true; fi
  done
}

install_packages() {
  local missing
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    die "this is not Debian (no apt-get): install the equivalents of these packages by hand: $*"
  fi
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing with apt: ${missing[*]}"
  apt-get -qq update >.cache/apt-update.log 2>&1 </dev/null || say 'apt-get update failed, trying with the lists that are here'
  install_quietly "${missing[@]}" || {
    tail -n 5 .cache/apt.log >&2
    mapfile -t missing < <(missing_packages "$@")
    die "apt cannot fetch or install (is there a network?). Missing: ${missing[*]}"
  }
}

# Node's own headers, where they lie beside it, spare node-gyp a download.
node_headers() {
  local prefix
  prefix=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
  if [ -e "$prefix/include/node/node.h" ]; then printf '%s\n' "$prefix"; fi
}

install_npm() {
  local stamp=node_modules/.installed nodedir wanted
  # An addon is compiled for one Node ABI: another Node means another build.
  wanted="$(sha256sum <package-lock.json) abi $(node -p process.versions.modules)"
  [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || return 0
  say 'installing the npm packages'
  nodedir=$(node_headers)
  # Few retries: without a network, npm's own take more than ten minutes to say so.
  # Not `npm ci`: it refuses a lock that lacks the optional packages of other platforms, which is the lock that
  # npm 11.19 writes where a registry mirror does not have them. This one keeps to the lock and leaves it as it is.
  ${nodedir:+env npm_config_nodedir="$nodedir"} npm install --no-save --no-audit --no-fund --loglevel=error \
    --fetch-retries=1 --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=1000 --fetch-timeout=60000 >.cache/npm.log 2>&1 </dev/null || {
    tail -n 15 .cache/npm.log >&2
    die "npm cannot fetch or build (is there a network?). Missing: $(node -p '
      const { dependencies, devDependencies } = require("./package.json");
      Object.entries({ ...dependencies, ...devDependencies })
        .filter(([name]) => !require("fs").existsSync(`node_modules/${name}`))
        .map(([name, version]) => `${name}@${version}`).join(" ") || "nothing whole, see .cache/npm.log"')"
  }
  node -e 'Promise.all([import("raw-socket"), import("netlink")]).then(() => process.exit(0), (error) => { console.error(error.message); process.exit(1); })' ||
    die 'the addons of raw-socket and netlink were not built: npm did not run their install scripts'
  printf '%s\n' "$wanted" >"$stamp"
}

# Builds the addon of a binding.gyp, which has its sources and headers in the other directories named.
build_addon() {
  local directory=$1 result="$1/build/Release/$2" nodedir
  shift 2
  if [ -e "$result" ] && [ -z "$(find "$directory/binding.gyp" "$@" node_modules/.installed -newer "$result" -print -quit)" ]; then return 0; fi
  say "building ${result##*/}"
  nodedir=$(node_headers)
  node_modules/.bin/node-gyp -C "$directory" rebuild ${nodedir:+--nodedir="$nodedir"} >.cache/addon.log 2>&1 </dev/null || {
    tail -n 30 .cache/addon.log >&2
    die "the native addon in $directory does not compile"
  }
  touch "$result"
}

# Kernels take the atomic operations that -mcpu=v3 gives from 5.12 on.
build_bpf() {
  local result=native/build/bpf/lb.bpf.o
  if [ -e "$result" ] && [ -z "$(find native/bpf -newer "$result" -print -quit)" ]; then return 0; fi
  say 'building the XDP program'
  mkdir -p "${result%/*}"
  clang -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Werror -I"/usr/include/$(uname -m)-linux-gnu" \
    -c native/bpf/lb.bpf.c -o "$result" 2>.cache/bpf.log || {
    tail -n 30 .cache/bpf.log >&2
    die 'the XDP program does not compile'
  }
}

build_typescript() {
  npm run --silent build || die 'the TypeScript does not compile'
}

# What root made in somebody else's checkout stays theirs, so that `npm run ok` works without root.
give_back() {
  local owner made=() path
  owner=$(stat -c %u .)
  [ "$owner" != 0 ] || return 0
  for path in node_modules dist native/build native/xdp/build .cache bench/results; do if [ -e "$path" ]; then made+=("$path"); fi; done
  chown -R --reference=. "${made[@]}"
}

have_ipvs() { [ -e /proc/net/ip_vs ] || { modprobe -q ip_vs 2>/dev/null && [ -e /proc/net/ip_vs ]; }; }

need_node
if [ "$(id -u)" != 0 ]; then
  die 'root is needed: to install packages, to build namespaces, to open raw sockets. Use sudo; without root, `npm run ok` works once node_modules is there.'
fi
mkdir -p .cache
exec 9>.cache/setup.lock
flock 9

case "${1-}" in
--peers)
  install_packages "${PEER_PACKAGES[@]}"
  give_back
  exit
  ;;
--product) install_packages "${PRODUCT_PACKAGES[@]}" ;;
'' | --start) install_packages "${PRODUCT_PACKAGES[@]}" "${TEST_PACKAGES[@]}" ;;
*) die "unknown argument: $1" ;;
esac
install_npm
build_addon native lbd.node native/addon
build_addon native/xdp lbd_xdp.node native/xdp/*.cc native/xdp/*.h native/bpf/layout.h
build_bpf
build_typescript
if [ -z "${1-}" ] && ! have_ipvs; then
  install_packages "${GUEST_PACKAGES[@]}"
  bash native/setup-guest.sh || exit 1
fi
give_back
