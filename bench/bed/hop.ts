import path from 'node:path';
import type { Host, Lab } from '../../test/lab/lab.ts';
import { shell } from '../../test/lab/shell.ts';
import { root } from '../../test/support/root.ts';

const SOURCE = path.join(root, 'bench/bed/hop.bpf.c');

/**
 * Has a director pass on what is TCP or UDP for an address to one server, by an XDP program that does nothing else: always, or
 * only while it holds the address.
 */
export async function attachHop(
  lab: Lab,
  director: Host,
  vip: string,
  server: Host,
  when: 'always' | 'held',
): Promise<void> {
  const object = path.join(lab.directory, `${director.name}-hop.bpf.o`);
  const list = (text: string, separator: string, base: number) =>
    text
      .trim()
      .split(separator)
      .map((byte) => Number.parseInt(byte, base))
      .join();
  const macOf = async ({ netns, device }: Host) =>
    list(await shell(`ip netns exec ${netns} cat /sys/class/net/${device}/address`), ':', 16);
  const ends = `-DSERVER=${await macOf(server)} -DDIRECTOR=${await macOf(director)} -DADDRESS=${list(vip, '.', 10)}`;
  await shell(
    `clang -target bpf -O2 -I"/usr/include/$(uname -m)-linux-gnu" ${ends} ${when === 'held' ? '-DHELD' : ''} -c ${SOURCE} -o ${object}`,
  );
  if (when === 'held')
    await shell(`ip netns exec ${director.netns} sysctl -qw net.ipv4.conf.lo.forwarding=1`);
  await lab.takeFromXdp([director.name]);
  await shell(`ip -n ${director.netns} link set ${director.device} xdpdrv obj ${object} sec xdp`);
}
