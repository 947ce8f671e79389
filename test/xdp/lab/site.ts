import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { BPFFS } from '../../../src/kernel/bpffs.ts';
import { removeXdp } from '../../../src/kernel/xdp.ts';
import { createLab, type Lab } from '../../lab/lab.ts';
import { Outside } from '../../lab/outside.ts';
import { Director } from '../../support/director.ts';

const SERVER = fileURLToPath(new URL('server-main.js', import.meta.url));

/** A lab whose directors forward by XDP, with servers that `server-main.ts` describes. */
export class XdpSite {
  readonly lab: Lab;
  readonly #directory: string;
  readonly #directors: readonly string[];
  readonly #servers = new Map<string, ChildProcess>();
  #made = 0;

  private constructor(lab: Lab, directors: readonly string[]) {
    this.lab = lab;
    this.#directors = directors;
    this.#directory = mkdtempSync(path.join(tmpdir(), 'lbd-xdp-'));
  }

  /** With so many directors, d1 and on, and real servers, rs1 and on, which serve nothing yet. */
  static async open(directors: number, servers: number): Promise<XdpSite> {
    const lab = await createLab({ directors, servers, web: false });
    const names = Array.from({ length: directors }, (_, i) => `d${i + 1}`);
    await lab.takeFromXdp(names);
    return new XdpSite(lab, names);
  }

  /** lbd on a host, with a directory that no other one had. */
  director(name: string): Director {
    this.#made++;
    return new Director(Outside.of(this.lab.host(name)), path.join(this.#directory, `${name}-${this.#made}`));
  }

  /** Starts the server of a host; resolves when it listens, for UDP at these addresses. */
  async serve(name: string, addresses: readonly string[] = []): Promise<void> {
    const child = this.lab.host(name).spawn(process.execPath, [SERVER, name, ...addresses]);
    this.#servers.set(name, child);
    child.stderr?.pipe(process.stderr);
    await new Promise<void>((resolve, reject) => {
      child.stdout?.once('data', () => resolve());
      child.once('exit', (code) => reject(new Error(`the server of ${name} ended with ${code}`)));
    });
  }

  /** Ends it; the kernel resets its connections. */
  async kill(name: string): Promise<void> {
    const child = this.#servers.get(name);
    const gone = new Promise((resolve) => child?.once('exit', resolve));
    child?.kill('SIGKILL');
    await gone;
  }

  /** Where the plane of a director is pinned. */
  pinsOf(name: string): string {
    return `${BPFFS}/lbd/net-${statSync(`/run/netns/${this.lab.host(name).netns}`).ino}`;
  }

  async close(): Promise<void> {
    for (const name of this.#directors) removeXdp(this.pinsOf(name));
    await this.lab.close();
    rmSync(this.#directory, { recursive: true });
  }
}
