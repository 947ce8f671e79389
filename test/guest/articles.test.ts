import { readFileSync } from 'node:fs';
import path from 'node:path';
import { suite, test } from 'node:test';
import { playScene, type Scene } from '../support/article.ts';
import { root } from '../support/root.ts';

/** Needs a kernel with IPVS, ipvsadm, nginx and root. */
const sample = (name: string) => readFileSync(path.join(root, 'conf', name), 'utf8');

const director = (routerId: string, state: string, priority: number) => `router_id: ${routerId}
vrrp:
  VI_1:
    state: ${state}
    interface: ens33
    virtual_router_id: 51
    priority: ${priority}
    advert_int: 1s
    authentication: { type: pass, password: "12345" }
    virtual_addresses: [192.168.189.145/24 dev ens33]
services:
  web:
    address: 192.168.189.145
    port: 80
    protocol: tcp
    scheduler: rr
    forward: dr
    check: { type: tcp, interval: 3s, timeout: 3s }
    servers:
      - { address: 192.168.189.150, weight: 1 }
      - { address: 192.168.189.151, weight: 1 }
`;

const onD1 = { VI_1: 'd1' } as const;
const onD2 = { VI_1: 'd2' } as const;

const SCENES: readonly Scene[] = [
  {
    name: 'two directors before two nginx servers',
    lab: {},
    nodes: { d1: sample('lvs-dr/lb01.yaml'), d2: sample('lvs-dr/lb02.yaml') },
    addresses: { VI_1: '172.25.1.100/32 scope global eth0' },
    site: 'web servers',
    table: ['TCP 172.25.1.100:80 rr', '-> 172.25.1.101:80 Route 1', '-> 172.25.1.102:80 Route 1'],
    // The article sets up the backup first: it serves until the master comes, and again when the master goes.
    acts: [
      ['start', 'd2', onD2],
      ['start', 'd1', onD1],
      ['stop', 'd1', onD2],
    ],
  },
  {
    name: 'a site that stays balanced when the master director is stopped',
    lab: {
      vip: '192.168.189.145',
      interface: 'ens33',
      addresses: {
        d1: '192.168.189.148',
        d2: '192.168.189.149',
        rs1: '192.168.189.150',
        rs2: '192.168.189.151',
      },
    },
    nodes: { d1: director('Director1', 'MASTER', 150), d2: director('Director2', 'BACKUP', 140) },
    addresses: { VI_1: '192.168.189.145/24 scope global ens33' },
    site: 'web servers',
    table: ['TCP 192.168.189.145:80 rr', '-> 192.168.189.150:80 Route 1', '-> 192.168.189.151:80 Route 1'],
    acts: [
      ['start', 'd1', onD1],
      ['start', 'd2', onD1],
      ['stop', 'd1', onD2],
    ],
  },
];

suite('scenes of tutorials with LVS', { concurrency: 2 }, () => {
  for (const scene of SCENES) {
    test(scene.name, (context) => playScene(scene, (line) => context.diagnostic(line)));
  }
});
