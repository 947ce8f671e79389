import { copyFileSync, existsSync } from 'node:fs';
import path from 'node:path';
import { createLab, type Lab } from '../../test/lab/lab.ts';
import { printConf, type Speech } from '../bed/conf.ts';
import { type Kind, Program } from '../bed/program.ts';

/** As many virtual routers as an interface can have. */
export const MOST = 255;

export const SPEECHES: readonly Speech[] = [
  { name: '1 s', version: 3, interval: 1 },
  { name: '100 ms', version: 3, interval: 0.1 },
  { name: '10 ms', version: 3, interval: 0.01 },
];

/** RFC 9568 §6.4.1: who owns the addresses is master at once, so nothing is waited for but the program. */
export const OWNER = 255;

export const instances = (count: number): string => `${count} instance${count === 1 ? '' : 's'}`;

/** All that it has said, also in earlier runs. */
export const logOf = (program: Program): string =>
  existsSync(path.join(program.directory, 'log')) ? program.log : '';

/** Two directors, a client who hears them, and a host for real servers. */
export class Bed {
  readonly lab: Lab;
  private readonly node: string;

  private constructor(lab: Lab) {
    this.lab = lab;
    // PSS divides a page by all who have it: with a file of its own, lbd shares Node's code with nobody else here.
    this.node = path.join(lab.directory, 'node');
    copyFileSync(process.execPath, this.node);
  }

  static async with<T>(what: (bed: Bed) => Promise<T>): Promise<T> {
    const lab = await createLab({ directors: 2, servers: 1, web: false });
    try {
      return await what(new Bed(lab));
    } finally {
      await lab.close();
    }
  }

  /** One that is not started yet, with `count` virtual routers and more lines of keepalived.conf. */
  program(
    kind: Kind,
    host: 'd1' | 'd2',
    priority: number,
    count: number,
    speech: Speech,
    more = '',
  ): Program {
    const program = new Program(kind, this.lab.host(host), path.join(this.lab.directory, host), this.node);
    const all = Array.from({ length: count }, (_, i) => ({
      vrid: i + 1,
      address: `10.99.0.${i + 1}/32`,
      speech,
      priority,
    }));
    const text = printConf(all);
    // keepalived lets even the owner of the addresses wait unless it is said to begin as master.
    program.configure(
      `${priority === OWNER ? text.replaceAll('state BACKUP', 'state MASTER') : text}${more}`,
    );
    return program;
  }
}
