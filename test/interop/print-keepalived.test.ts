import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import fc from 'fast-check';
import { printKeepalived } from '../../src/config/print-keepalived.ts';
import type { CheckConfig } from '../../src/model/check.ts';
import type { Config } from '../../src/model/config.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import { configs } from '../property/configs.ts';
import { onOneInterface } from './on-one-interface.ts';

/** keepalived 2.2.7 looks for the commands and certificates of checks, and knows no interface of a ping. */
const isCheckSaid = (check: CheckConfig): boolean =>
  check.type === 'tcp' && !/^fe[89ab]/.test(check.target.address);

/**
 * keepalived complains of a service whose weights sum up to nothing, or to more than it can count, and of a check of a
 * link-local address, for which lbd has no interface to name either.
 */
function isSaid({ services }: Config): boolean {
  return services.every(({ servers, quorum }) => {
    // Without a user keepalived wants one that this machine need not have; with one -t of 2.2.7 ends itself by SIGTERM.
    const commands = [quorum.up, quorum.down, ...servers.flatMap((one) => [one.notifyUp, one.notifyDown])];
    if (commands.some((command) => command !== null)) return false;
    const weight = servers.reduce((sum, { attrs }) => sum + attrs.weight, 0);
    const isSound = servers.length === 0 || (weight > 0 && weight < 2 ** 31);
    return isSound && servers.every(({ checks }) => checks.every(isCheckSaid));
  });
}

suite('printKeepalived with keepalived 2.2.7', () => {
  let lab: Lab;
  let directory: string;

  before(async () => {
    lab = await createLab({ directors: 1, servers: 0, web: false });
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-print-'));
  });
  after(async () => {
    await lab.close();
    rmSync(directory, { recursive: true });
  });

  test('keepalived -t finds nothing wrong with what is printed', async () => {
    const host = lab.host('d1');
    const file = path.join(directory, 'keepalived.conf');
    const sample = fc.sample(configs.filter(isSaid), { numRuns: 60, seed: 20 });
    for (const config of sample) {
      const { text } = printKeepalived(onOneInterface(config, host.device));
      writeFileSync(file, text);
      const { code, stdout, stderr } = await host.exec('keepalived', ['-t', '-f', file]);
      assert.deepEqual({ code, said: stdout + stderr }, { code: 0, said: '' }, text);
    }
  });
});
