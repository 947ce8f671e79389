import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLab, type Lab, type LabOptions } from '../lab/lab.ts';
import { Director } from './director.ts';
import { eventually } from './eventually.ts';
import { Keepalived } from './keepalived.ts';
import { root } from './root.ts';

/** A scene of a published tutorial: two nodes, their configurations, and what the tutorial does and sees. */
export interface Scene {
  readonly name: string;
  readonly lab: Pick<LabOptions, 'vip' | 'interface' | 'addresses'>;
  readonly nodes: Readonly<Record<Node, ConfigFile>>;
  /**
   * By instance, what `ip address` shows on its master after `inet`, but for `secondary`, which is the order of events,
   * and `dynamic`, which is its lease.
   */
  readonly addresses: Readonly<Record<string, string>>;
  readonly site: Site;
  /** What `ipvsadm -ln` lists on both nodes while lbd runs there, without its headings and connection counts. */
  readonly table?: readonly string[];
  /** A node that runs keepalived 2.2.7 instead of lbd; null for none. */
  readonly keepalived?: Node | null;
  /** What a node says about its configuration when it starts. */
  readonly warning?: { readonly node: Node; readonly text: RegExp };
  readonly acts: readonly Act[];
}

export interface ConfigFile {
  /** Its ending says the language. */
  readonly name: string;
  readonly text: string;
}

/** A configuration as a tutorial has it. */
export const article = (name: string): ConfigFile => fileOf('test/articles', name);
/** A sample that is delivered with lbd. */
export const sample = (name: string): ConfigFile => fileOf('conf', name);

const fileOf = (directory: string, name: string): ConfigFile => ({
  name: path.basename(name),
  text: readFileSync(path.join(root, directory, name), 'utf8'),
});

/** By instance, the node that owns its address. An act that leaves it as it was must change nothing for `STEADY` ms. */
type Owners = Readonly<Record<string, Node>>;
export type Node = 'd1' | 'd2';
type Deed = 'start' | 'stop' | 'cut link of' | 'restore link of';
type Act = readonly [Deed, Node, Owners];

/** What answers at the virtual addresses: the owner itself, a page of the owner's nginx, two servers in turn. */
type Site = 'echo' | 'nginx on the nodes' | 'web servers';

/** Generous: under software emulation everything but the timers themselves is slow. */
const LIMIT = 180_000;
/** Above the Master_Down interval of every scene: 3 × advert_int + skew < 4 s. */
const STEADY = 5000;
/** What keepalived needs to read its file and hear the master. */
const SETTLES = 2000;
const NODES = ['d1', 'd2'] as const;

/** Plays a scene in a lab of its own; `tell` gets a line about each act. Throws at the first that ends otherwise. */
export async function playScene(scene: Scene, tell: (line: string) => void): Promise<void> {
  const servers = scene.site === 'web servers' ? 2 : 0;
  const lab = await createLab({ directors: 2, servers, web: true, ...scene.lab });
  const stage = new Stage(scene, lab);
  try {
    if (scene.site === 'nginx on the nodes') await Promise.all(NODES.map((name) => lab.web(name).start()));
    let before: Owners | null = null;
    for (const [deed, node, owners] of scene.acts) {
      tell(`${deed} ${node}: ${await stage.play(deed, node, owners, before)}`);
      before = owners;
    }
    if (scene.warning !== undefined) assert.match(stage.log(scene.warning.node), scene.warning.text);
  } catch (error) {
    const logs = NODES.map((name) => `--- log of ${name}\n${stage.log(name)}`).join('\n');
    throw new Error(`${error instanceof Error ? error.message : error}\n${logs}`, { cause: error });
  } finally {
    await lab.close();
  }
}

interface Seen {
  readonly kernel: Readonly<Record<Node, readonly string[]>>;
  /** Instances of which each node says that it is master. */
  readonly masters: Readonly<Record<Node, readonly string[]>>;
  readonly tables: Readonly<Record<Node, readonly string[]>>;
  readonly answers: readonly string[];
}

class Stage {
  private readonly scene: Scene;
  private readonly lab: Lab;
  private readonly directors: Readonly<Record<Node, Director>>;
  private readonly peer: Keepalived | null;
  private readonly running = new Set<Node>();
  /** Between two looks, in milliseconds. Where there is a table there may be emulation, and a status costs 0.1 s. */
  private readonly pace: number;

  constructor(scene: Scene, lab: Lab) {
    const director = (name: Node) => new Director(lab.host(name), path.join(lab.directory, `lbd-${name}`));
    this.scene = scene;
    this.lab = lab;
    this.pace = scene.table === undefined ? 100 : 500;
    this.directors = { d1: director('d1'), d2: director('d2') };
    const { keepalived = null } = scene;
    this.peer =
      keepalived === null
        ? null
        : new Keepalived(lab.host(keepalived), path.join(lab.directory, 'keepalived'));
  }

  log(node: Node): string {
    const { logFile } = this.directors[node];
    return existsSync(logFile) ? readFileSync(logFile, 'utf8') : '';
  }

  async play(deed: Deed, node: Node, owners: Owners, before: Owners | null): Promise<string> {
    const from = Date.now();
    await this.perform(deed, node);
    const expected = this.expected(owners);
    const check = async () => {
      // The dearer looks, which cost programs, come only when the nodes themselves say that it is done.
      assert.deepEqual(await both((name) => this.masters(name)), expected.masters);
      assert.deepEqual(await this.look(), expected);
      return true;
    };
    await eventually('the scene is as the article says', LIMIT, check, this.pace);
    const seconds = ((Date.now() - from) / 1000).toFixed(1);
    const shown = `${Object.entries(owners).join(' ').replaceAll(',', ' on ')}, ${expected.answers.join(' ')}`;
    if (JSON.stringify(owners) !== JSON.stringify(before)) return `${shown} after ${seconds} s`;
    for (const end = Date.now() + STEADY; Date.now() < end; ) {
      await sleep(1000);
      await check();
    }
    return `still ${shown}`;
  }

  private async perform(deed: Deed, node: Node): Promise<void> {
    const director = this.directors[node];
    if (deed === 'cut link of') return this.lab.cutLink(node);
    if (deed === 'restore link of') return this.lab.restoreLink(node);
    if (node === this.scene.keepalived) return this.performPeer(deed);
    if (deed === 'stop') {
      this.running.delete(node);
      assert.equal(await director.stop(), 0);
      return;
    }
    const { name, text } = this.scene.nodes[node];
    director.configure(text, name);
    director.start();
    this.running.add(node);
    const elects = async () => (await director.status()).vrrp.available;
    await eventually(`lbd on ${node} elects`, LIMIT, elects, this.pace);
  }

  /** keepalived tells nobody what it is: its addresses and what answers there have to do. */
  private async performPeer(deed: Deed): Promise<void> {
    if (deed === 'stop') return this.peer?.stop();
    this.peer?.start(this.scene.nodes[this.scene.keepalived ?? 'd1'].text, '-P');
    await sleep(SETTLES);
  }

  private expected(owners: Owners): Seen {
    const { addresses, site, table = [] } = this.scene;
    const own = (node: Node) => Object.keys(addresses).filter((instance) => owners[instance] === node);
    return {
      kernel: each((node) => own(node).map((instance) => addresses[instance] ?? '')),
      masters: each((node) => (node === this.scene.keepalived ? [] : own(node))),
      tables: each((node) => (this.running.has(node) ? table : [])),
      answers: Object.keys(addresses).flatMap((instance) => {
        if (site === 'web servers') return ['rs1', 'rs1', 'rs2', 'rs2'];
        return site === 'echo' ? ['reply'] : (owners[instance] ?? '');
      }),
    };
  }

  private async look(): Promise<Seen> {
    return {
      kernel: await both((node) => this.kernelAddresses(node)),
      masters: await both((node) => this.masters(node)),
      tables: await both((node) => this.table(node)),
      answers: await this.answers(),
    };
  }

  private async kernelAddresses(node: Node): Promise<string[]> {
    const { address, device, ...host } = this.lab.host(node);
    const { stdout } = await this.lab.host(host.name).exec('ip', ['-4', '-o', 'addr', 'show', 'dev', device]);
    const shown = [...stdout.matchAll(/ inet (.*?)\\/g)].map(([, text = '']) =>
      text.replace(/ (secondary|dynamic)/g, '').trim(),
    );
    return shown.filter((text) => !text.startsWith(`${address}/`));
  }

  private async masters(node: Node): Promise<string[]> {
    if (!this.running.has(node)) return [];
    const { vrrp } = await this.directors[node].status();
    return (vrrp.value?.instances ?? []).filter(({ state }) => state === 'MASTER').map(({ name }) => name);
  }

  private async table(node: Node): Promise<string[]> {
    if (this.scene.table === undefined) return [];
    const { stdout } = await this.lab.host(node).exec('ipvsadm', ['-ln']);
    const lines = stdout.split('\n').slice(3).filter(Boolean);
    return lines.map((line) => line.trim().split(/\s+/).slice(0, 4).join(' '));
  }

  private async answers(): Promise<string[]> {
    const client = this.lab.host('client');
    const found: string[] = [];
    for (const text of Object.values(this.scene.addresses)) {
      const [address = ''] = text.split(/[/ ]/);
      if (this.scene.site === 'echo') {
        found.push((await client.exec('ping', ['-c1', '-W1', address])).code === 0 ? 'reply' : 'silence');
        continue;
      }
      const url = `http://${address}/`;
      const urls = this.scene.site === 'web servers' ? [url, url, url, url] : [url];
      // A connection for each request, from one process.
      const { stdout } = await client.exec('curl', ['-s', '-m', '2', '-H', 'Connection: close', ...urls]);
      found.push(...stdout.split('\n').filter(Boolean).sort());
    }
    return found;
  }
}

const each = <T>(of: (node: Node) => T): Readonly<Record<Node, T>> => ({ d1: of('d1'), d2: of('d2') });
const both = async <T>(of: (node: Node) => Promise<T>): Promise<Readonly<Record<Node, T>>> => {
  const [d1, d2] = await Promise.all([of('d1'), of('d2')]);
  return { d1, d2 };
};
