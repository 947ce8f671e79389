import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { networkInterfaces, release } from 'node:os';
import { type Ip, parseIp } from '../base/ip.ts';
import type { HostFacts } from '../config/host.ts';
import { readKeyFile } from '../ipc/key-file.ts';

/** What this machine has. Needs no privilege. */
export function hostFacts(): HostFacts {
  return {
    interfaces: interfacesOf(),
    sysctl,
    module: moduleIsThere,
    program: obstacleOf,
    user: isUser,
    keyFile: faultOf,
  };
}

function interfacesOf(): HostFacts['interfaces'] {
  const found = new Map<string, { address: Ip; prefix: number }[]>();
  // networkInterfaces() leaves out interfaces without an address or a carrier.
  for (const name of readdirSync('/sys/class/net')) found.set(name, []);
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    for (const { address, cidr } of addresses ?? []) {
      const ip = parseIp(address);
      const prefix = Number(cidr?.split('/')[1]);
      // An address with a label is told under the label, `eth0:1`.
      const device = name.split(':')[0] ?? name;
      if (ip !== null && Number.isInteger(prefix)) found.get(device)?.push({ address: ip, prefix });
    }
  }
  return found;
}

function sysctl(name: string): string | null {
  const file = `/proc/sys/${name.replaceAll('.', '/')}`;
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null;
}

function moduleIsThere(name: string): boolean | null {
  if (existsSync(`/sys/module/${name}`)) return true;
  const directory = `/lib/modules/${release()}`;
  const lists = ['modules.builtin', 'modules.dep'].map((list) => `${directory}/${list}`).filter(existsSync);
  if (lists.some((list) => readFileSync(list, 'utf8').includes(`/${name}.ko`))) return true;
  // Nothing of the running kernel may be to be seen here, as in a container: then only what is loaded is known.
  if (name === 'ip_vs') return existsSync('/proc/net/ip_vs');
  return lists.length === 0 ? null : false;
}

/** Where scripts that are written without a slash are looked for. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function obstacleOf(program: string): string | null {
  if (!program.includes('/')) {
    const isThere = PATH.split(':').some((directory) => obstacleOf(`${directory}/${program}`) === null);
    return isThere ? null : `${program} is not a program in ${PATH}`;
  }
  const stat = statSync(program, { throwIfNoEntry: false });
  if (stat === undefined) return `${program} does not exist`;
  if (!stat.isFile()) return `${program} is not a regular file`;
  return (stat.mode & 0o111) === 0 ? `${program} is not executable (chmod +x ${program})` : null;
}

const isUser = (name: string): boolean =>
  readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .some((line) => line.startsWith(`${name}:`));

function faultOf(path: string): ReturnType<HostFacts['keyFile']> {
  const file = readKeyFile(path);
  if (file.ok) {
    return file.value.isExposed ? { isFatal: false, text: 'can be read by others than its owner' } : null;
  }
  // lbd may well be another user than who asks here.
  return { isFatal: file.error.code !== 'denied', text: file.error.message };
}
