import { suite, test } from 'node:test';
import { article, playScene, type Scene } from '../support/article.ts';

/** Needs a kernel with IPVS, ipvsadm, nginx and root. */
const onD1 = { VI_1: 'd1' } as const;
const onD2 = { VI_1: 'd2' } as const;

const SCENES: readonly Scene[] = [
  {
    name: 'two directors before two nginx servers',
    lab: {},
    nodes: { d1: article('lvs-dr-master.conf'), d2: article('lvs-dr-backup.conf') },
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
    nodes: { d1: article('site-master.conf'), d2: article('site-backup.conf') },
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
