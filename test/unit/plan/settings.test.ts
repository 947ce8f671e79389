import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readYaml } from '../../../src/config/read-yaml.ts';
import type { Config } from '../../../src/model/config.ts';
import { previewSettings } from '../../../src/plan/settings.ts';

function config(text: string): Config {
  const read = readYaml(text, 'lbd.yaml', { hostname: 'lb01' });
  assert.ok(read.ok, JSON.stringify(read));
  return read.value.config;
}

const web = (more: string) =>
  `services:\n  web: { address: 10.0.0.1, port: 80, protocol: tcp, servers: [10.0.0.2], ${more} }\n`;

test('previewSettings tells what neither the table nor an instance shows, and nothing where nothing differs', () => {
  const before = config(web('check: { type: tcp, interval: 3s }'));
  assert.deepEqual(previewSettings(before, before), []);
  const after = config(
    `drift: report\n${web('drain_timeout: 1m, check: { type: tcp, interval: 5s, warmup: 3s }')}`,
  );
  assert.deepEqual(
    previewSettings(before, after).map(({ field }) => field),
    ['drift', 'services.web.drain_timeout', 'services.web.10.0.0.2:80.check'],
  );
});
