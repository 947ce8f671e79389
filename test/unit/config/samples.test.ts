import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { readYaml } from '../../../src/config/read-yaml.ts';
import { destKey, serviceKey } from '../../../src/model/services.ts';
import { read, root } from './files.ts';

/** What a person would note down about each sample: instances with state of affairs and addresses, then services. */
const FACTS: Record<string, readonly string[]> = {
  'lbd.yaml': [
    'lb01',
    'VI_1 eth0 51 100 1111: 172.25.1.100/24',
    'web tcp 172.25.1.100:80 rr: 172.25.1.101:80 dr 1 every 3000, 172.25.1.102:80 dr 2 every 3000',
  ],
  'vip-pair/lb01.yaml': ['lb01', 'VI_1 eth0 51 100 1111: 192.168.100.100/24 eth0:3'],
  'vip-pair/lb02.yaml': ['lb02', 'VI_1 eth0 51 50 1111: 192.168.100.100/24 eth0:3'],
  'lvs-dr/lb01.yaml': [
    'lb01',
    'VI_1 eth0 51 100 1111: 172.25.1.100/32',
    'web tcp 172.25.1.100:80 rr: 172.25.1.101:80 dr 1 every 3000, 172.25.1.102:80 dr 1 every 3000',
  ],
  'lvs-dr/lb02.yaml': [
    'lb02',
    'VI_1 eth0 51 50 1111: 172.25.1.100/32',
    'web tcp 172.25.1.100:80 rr: 172.25.1.101:80 dr 1 every 3000, 172.25.1.102:80 dr 1 every 3000',
  ],
  'dual-master/lb01.yaml': [
    'lb01',
    'VI_1 eth0 51 100 1111: 192.168.100.100/24 eth0:3',
    'VI_2 eth0 52 50 1111: 192.168.100.150/24 eth0:4',
  ],
  'dual-master/lb02.yaml': [
    'lb02',
    'VI_1 eth0 51 50 1111: 192.168.100.100/24 eth0:3',
    'VI_2 eth0 52 100 1111: 192.168.100.150/24 eth0:4',
  ],
};

const samples = readdirSync(path.join(root, 'conf'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.yaml'))
  .sort();

test('conf holds the samples that are described here and no other', () => {
  assert.deepEqual(samples, Object.keys(FACTS).sort());
});

for (const name of samples) {
  test(`readYaml finds no mistake in conf/${name} and what it describes`, () => {
    const result = readYaml(read(`conf/${name}`), name, { hostname: 'unnamed' });
    assert.ok(result.ok, JSON.stringify(result));
    const { config, warnings } = result.value;
    assert.deepEqual(warnings, []);
    assert.deepEqual(structuredClone(config), config);
    const instances = config.instances.map((vi) => {
      const addresses = vi.virtualAddresses.map(({ address, prefix, label }) =>
        [`${address}/${prefix}`, label ?? []].flat().join(' '),
      );
      const about = [vi.name, vi.interface, vi.vrid, vi.priority, vi.authentication?.password];
      return `${about.join(' ')}: ${addresses.join(', ')}`;
    });
    const services = config.services.map(({ name, key, attrs, servers }) => {
      const listed = servers.map(
        ({ key, attrs, checks }) =>
          `${destKey(key)} ${attrs.forward} ${attrs.weight} every ${checks[0]?.interval}`,
      );
      return `${name} ${serviceKey(key)} ${attrs.scheduler}: ${listed.join(', ')}`;
    });
    assert.deepEqual([config.routerId, ...instances, ...services], FACTS[name]);
  });
}
