import { closeSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dataView } from '../base/bytes.ts';
import { err, ok, type Result } from '../base/result.ts';
import { decodeVersion, encodeConfig, type XdpConfig } from '../wire/xdp/config.ts';
import {
  CONFIG,
  CONSTANTS,
  FLOW_WAYS,
  LAYOUT_VERSION,
  MAPS,
  MARKS,
  NEW_FLOWS,
  type XdpMapName,
} from '../wire/xdp/layout.ts';
import { kernelError } from './error.ts';
import { XdpMaps } from './xdp-maps.ts';
import { loadXdpAddon, type NativeXdp } from './xdp-native.ts';

/** What clang made of native/bpf. */
export const OBJECT = fileURLToPath(new URL('../../../native/build/bpf/lb.bpf.o', import.meta.url));

export interface XdpOptions {
  /** A directory of a BPF file system, where maps and links outlive this process; null for none. */
  readonly directory: string | null;
  /** Of the maps that are made; those that are there keep theirs. */
  readonly entries: Partial<Record<XdpMapName, number>>;
}

/**
 * `no_xdp`: this build has no XDP (libbpf or clang was missing); `no_permission`: CAP_BPF or CAP_NET_ADMIN is
 * missing; `error`: the kernel refused.
 */
export interface XdpUnavailable {
  readonly code: 'no_xdp' | 'no_permission' | 'error';
  readonly message: string;
}

/** The program, loaded, with its maps. */
export interface Xdp {
  readonly maps: XdpMaps;
  readonly program: number;
  /** The maps are those that an earlier process left. */
  readonly isAdopted: boolean;
}

/**
 * Loads the program. Maps that an earlier process pinned are taken over with all that is in them, if they are of this
 * layout; others are left to the program that works with them, until that is replaced on its interfaces.
 */
export function openXdp({ directory, entries }: XdpOptions): Result<Xdp, XdpUnavailable> {
  const addon = loadXdpAddon();
  if (!addon.ok) return err({ code: 'no_xdp', message: `the XDP addon cannot be loaded: ${addon.error}` });
  if (!existsSync(OBJECT))
    return err({ code: 'no_xdp', message: `the XDP program was not built: ${OBJECT}` });
  const native = addon.value;
  const pinned = directory === null ? null : openPins(native, directory);
  const sizes = pinned === null ? sizesOf(native, entries) : shapesOf(native, pinned);
  const loaded = native.loadObject(OBJECT, {
    constants: constants(sizes.flows, sizes.servers),
    maps: pinned ?? {},
    entries: pinned === null ? sizes : {},
  });
  for (const fd of Object.values(pinned ?? {})) closeSync(fd);
  if ('error' in loaded) return err(refused(loaded.error, loaded.log));
  const maps = XdpMaps.open(native, loaded.maps);
  if (!maps.ok) {
    closeSync(loaded.program);
    return err(refused(-maps.error.errno, ''));
  }
  const xdp = { maps: maps.value, program: loaded.program, isAdopted: pinned !== null };
  if (directory === null || pinned !== null) return ok(xdp);
  const failed = pinMaps(native, directory, loaded.maps);
  if (failed === 0) return ok(xdp);
  closeXdp(xdp);
  return err(refused(failed, `cannot pin maps in ${directory}`));
}

/** Tells the program how to hash and for how long it keeps flows. Maps can be adopted from here on. */
export function configureXdp({ maps }: Xdp, config: XdpConfig): void {
  new Uint8Array(maps.memory.config).set(encodeConfig(config), CONFIG.at.keys);
  const words = new Uint32Array(maps.memory.config);
  Atomics.store(words, CONFIG.at.new_flows / 4, NEW_FLOWS);
  Atomics.store(words, CONFIG.at.version / 4, LAYOUT_VERSION);
}

/** What is pinned stays, and goes on. */
export function closeXdp({ maps, program }: Xdp): void {
  maps.close();
  closeSync(program);
}

/** Takes the program from its interfaces, and forgets the maps. */
export function removeXdp(directory: string): void {
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory).sort((a, b) => Number(isLink(b)) - Number(isLink(a))))
    rmSync(`${directory}/${name}`);
  rmSync(directory, { recursive: true });
}

export const isLink = (name: string): boolean => name.startsWith('link-');

const NAMES = Object.keys(MAPS) as readonly XdpMapName[];

/** The pinned maps by name; null where they are not all there, or of another layout. */
function openPins(native: NativeXdp, directory: string): Readonly<Record<XdpMapName, number>> | null {
  const fds = {} as Record<XdpMapName, number>;
  const left = (): null => {
    for (const fd of Object.values(fds)) closeSync(fd);
    return null;
  };
  for (const name of NAMES) {
    const fd = native.openPinned(`${directory}/${name}`);
    if (fd < 0) return left();
    fds[name] = fd;
  }
  const memory = native.mapMemory(fds.config, CONFIG.size);
  if (typeof memory === 'number') return left();
  return decodeVersion(new Uint8Array(memory)) === LAYOUT_VERSION ? fds : left();
}

function pinMaps(native: NativeXdp, directory: string, fds: Readonly<Record<XdpMapName, number>>): number {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const name of NAMES) {
    rmSync(`${directory}/${name}`, { force: true });
    const failed = native.pinObject(fds[name], `${directory}/${name}`);
    if (failed < 0) return failed;
  }
  return 0;
}

type Sizes = Record<XdpMapName, number>;

/** A line of marks is of several buckets. */
export const marksFor = (flows: number): number => Math.ceil((flows * FLOW_WAYS) / MARKS.size);

function sizesOf(native: NativeXdp, asked: Partial<Sizes>): Sizes {
  const sizes = Object.fromEntries(NAMES.map((name) => [name, asked[name] ?? MAPS[name].entries])) as Sizes;
  const processors = native.possibleProcessors();
  return {
    ...sizes,
    conns: sizes.servers,
    marks: marksFor(sizes.flows),
    traffic: sizes.servers * processors,
    counters: processors,
    stored: processors,
  };
}

function shapesOf(native: NativeXdp, fds: Readonly<Record<XdpMapName, number>>): Sizes {
  const entries = (name: XdpMapName): number => {
    const shape = native.mapShape(fds[name]);
    return typeof shape === 'number' ? 0 : shape.entries;
  };
  return Object.fromEntries(NAMES.map((name) => [name, entries(name)])) as Sizes;
}

/** CONSTANTS for a table of so many buckets. */
export function constants(flows: number, servers: number): Uint8Array {
  const bytes = new Uint8Array(CONSTANTS.size);
  dataView(bytes).setUint32(CONSTANTS.at.flow_mask, flows - 1, true);
  dataView(bytes).setUint32(CONSTANTS.at.servers, servers, true);
  return bytes;
}

/** Why the program could not be loaded: a negative errno, and what the verifier said. */
export function refused(errno: number, log: string): XdpUnavailable {
  const { code, message } = kernelError(-errno);
  if (code === 'EPERM')
    return {
      code: 'no_permission',
      message: 'XDP needs root, or CAP_BPF and CAP_NET_ADMIN, which this process lacks',
    };
  const said = log.trim();
  return {
    code: 'error',
    message: `the kernel refuses the XDP program: ${message}${said === '' ? '' : `\n${said}`}`,
  };
}
