import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { createLab } from '../lab/lab.ts';
import { standing, sweep } from '../lab/leftovers.ts';
import { shell } from '../lab/shell.ts';
import { eventually } from '../support/eventually.ts';
import { root } from '../support/root.ts';

test('a lab has web servers that are silent about the virtual address, and is gone after close', async () => {
  const lab = await createLab({ directors: 1, servers: 2, web: true });
  try {
    const client = lab.host('client');
    assert.equal((await client.exec('curl', ['-s', lab.host('rs2').address])).stdout, 'rs2\n');
    const arping = await client.exec('arping', ['-c', '2', '-w', '2', '-I', 'eth0', lab.vip]);
    assert.notEqual(arping.code, 0, 'nobody answers ARP for the virtual address');
    const local = await lab.host('rs1').exec('curl', ['-s', lab.vip]);
    assert.equal(local.stdout, 'rs1\n', 'yet the server takes packets for it');
    await lab.cutLink('rs2');
    const cut = await client.exec('curl', ['-s', '-m', '1', lab.host('rs2').address]);
    assert.notEqual(cut.code, 0);
  } finally {
    await lab.close();
  }
  assert.deepEqual(await standing(), []);
});
test('a lab whose owner was killed is swept by the next one', async () => {
  const main = path.join(root, 'dist/test/lab/main.js');
  const owner = spawn(process.execPath, [
    main,
    '--servers',
    '1',
    '--no-web',
    'sh',
    '-c',
    'echo $LAB; exec sleep 3',
  ]);
  const prefix = await new Promise<string>((resolve) =>
    owner.stdout.once('data', (data) => resolve(String(data).trim())),
  );
  owner.kill('SIGKILL');
  const namespaces = async () =>
    (await shell('ip netns list')).split('\n').filter((line) => line.startsWith(`${prefix}-`));
  assert.equal((await namespaces()).length, 5);
  await eventually('the owner is gone', 5000, () => owner.signalCode !== null);
  await sweep();
  assert.deepEqual(await namespaces(), []);
});
