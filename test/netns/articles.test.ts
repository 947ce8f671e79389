import assert from 'node:assert/strict';
import path from 'node:path';
import { suite, test } from 'node:test';
import { createLab } from '../lab/lab.ts';
import { article, playScene, type Scene, sample } from '../support/article.ts';
import { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';

// The article's nodes watch nginx with a script, which nginx-script.test.ts runs; here it is missing, which is said, and
// lbd is stopped, as the script does in the end.
const scripted = {
  lab: { vip: '192.0.0.1', addresses: { d1: '192.0.0.2', d2: '192.0.0.3' } },
  addresses: { VI_1: '192.0.0.1/24 scope global eth0:2' },
  site: 'nginx on the nodes',
} as const;
const scriptedMaster = article('script-master.conf');

const onD1 = { VI_1: 'd1' } as const;
const onD2 = { VI_1: 'd2' } as const;
const bothOnD1 = { VI_1: 'd1', VI_2: 'd1' } as const;
const split = { VI_1: 'd1', VI_2: 'd2' } as const;

/** Own addresses in another network: the article's `ip addr` does not call the virtual one secondary. */
const elsewhere = { vip: '192.168.100.100', addresses: { d1: '10.0.0.5', d2: '10.0.0.6' } };

/** Told by the article as it is, and by the samples that are delivered with lbd. */
const IN_BOTH_LANGUAGES: readonly Scene[] = [
  {
    language: 'keepalived.conf',
    single: { d1: article('single-lb01.conf'), d2: article('single-lb02.conf') },
    dual: { d1: article('dual-lb01.conf'), d2: article('dual-lb02.conf') },
  },
  {
    language: 'YAML',
    single: { d1: sample('vip-pair/lb01.yaml'), d2: sample('vip-pair/lb02.yaml') },
    dual: { d1: sample('dual-master/lb01.yaml'), d2: sample('dual-master/lb02.yaml') },
  },
].flatMap(({ language, single, dual }): Scene[] => [
  {
    name: `a single instance with a label, in ${language}`,
    lab: elsewhere,
    nodes: single,
    addresses: { VI_1: '192.168.100.100/24 scope global eth0:3' },
    site: 'echo',
    acts: [
      ['start', 'd1', onD1],
      ['start', 'd2', onD1],
      ['stop', 'd1', onD2],
      ['start', 'd1', onD1],
    ],
  },
  {
    name: `two masters, each with an address of its own, in ${language}`,
    lab: elsewhere,
    nodes: dual,
    addresses: {
      VI_1: '192.168.100.100/24 scope global eth0:3',
      VI_2: '192.168.100.150/24 scope global eth0:4',
    },
    site: 'echo',
    acts: [
      ['start', 'd1', bothOnD1],
      ['start', 'd2', split],
      ['stop', 'd2', bothOnD1],
      ['start', 'd2', split],
    ],
  },
]);

const SCENES: readonly Scene[] = [
  {
    name: 'nginx on two nodes behind one address',
    lab: { vip: '172.20.0.110', addresses: { d1: '172.20.0.2', d2: '172.20.0.3' } },
    nodes: { d1: article('nginx-pair-master.conf'), d2: article('nginx-pair-backup.conf') },
    addresses: { VI_1: '172.20.0.110/32 scope global eth0' },
    site: 'nginx on the nodes',
    acts: [
      ['start', 'd1', onD1],
      ['start', 'd2', onD1],
      ['stop', 'd1', onD2],
      ['start', 'd1', onD1],
    ],
  },
  ...IN_BOTH_LANGUAGES,
  {
    name: 'nopreempt on a MASTER, which has no effect',
    ...scripted,
    nodes: { d1: scriptedMaster, d2: article('script-backup.conf') },
    warning: { node: 'd1', text: /nopreempt.* has no effect here: state MASTER cancels it/ },
    acts: [
      ['start', 'd1', onD1],
      ['start', 'd2', onD1],
      ['stop', 'd1', onD2],
      ['start', 'd1', onD1],
    ],
  },
  {
    name: 'nopreempt on a BACKUP, which stays away after its return',
    ...scripted,
    nodes: {
      d1: { ...scriptedMaster, text: scriptedMaster.text.replace('state MASTER', 'state BACKUP') },
      d2: article('script-backup.conf'),
    },
    acts: [
      ['start', 'd1', onD1],
      ['start', 'd2', onD1],
      ['stop', 'd1', onD2],
      ['start', 'd1', onD2],
      ['stop', 'd2', onD1],
    ],
  },
  {
    name: 'a web pair whose master loses its network',
    lab: {
      vip: '192.168.189.150',
      interface: 'ens33',
      addresses: { d1: '192.168.189.148', d2: '192.168.189.149' },
    },
    nodes: { d1: article('web-master.conf'), d2: article('web-backup.conf') },
    addresses: { VI_1: '192.168.189.150/24 scope global ens33' },
    site: 'nginx on the nodes',
    acts: [
      ['start', 'd1', onD1],
      ['start', 'd2', onD1],
      ['cut link of', 'd1', onD2],
      ['restore link of', 'd1', onD1],
    ],
  },
];

/** Each scene by lbd alone, and those in keepalived's language with keepalived as either node. */
const PLAYED = SCENES.flatMap((scene): readonly Scene[] => {
  const isShared = Object.values(scene.nodes).every(({ name }) => name.endsWith('.conf'));
  const mixed = (['d1', 'd2'] as const)
    .filter((node) => isShared && scene.warning?.node !== node)
    .map((node) => ({ ...scene, keepalived: node, name: `${scene.name}, with keepalived as ${node}` }));
  return [scene, ...mixed];
});

suite('scenes of tutorials', { concurrency: 4 }, () => {
  for (const scene of PLAYED) {
    test(scene.name, (context) => playScene(scene, (line) => context.diagnostic(line)));
  }

  test('the stock configuration owns its three addresses; a reload without the first leaves the others', async () => {
    const addresses = { d1: '10.0.0.5' };
    const lab = await createLab({ directors: 1, servers: 0, web: false, vip: '192.168.200.16', addresses });
    try {
      const d1 = new Director(lab.host('d1'), path.join(lab.directory, 'lbd'));
      const { text } = article('stock.conf');
      // In one subnet, where Linux would take the others off with the first.
      const subnet = text.replace(/(192\.168\.200\.1[678])$/gm, '$1/24');
      const holds = async (...last: number[]) => {
        const { stdout } = await lab.host('d1').exec('ip', ['-4', '-o', 'addr', 'show', 'dev', 'eth0']);
        const found = [...stdout.matchAll(/inet 192\.168\.200\.(\d+)\/24/g)].map(([, n]) => Number(n));
        assert.deepEqual(found, last);
        return true;
      };
      d1.configure(subnet, 'keepalived.conf');
      d1.start();
      await eventually('all three are there', 15_000, () => holds(16, 17, 18));
      d1.configure(subnet.replace(/^.*200\.16.*\n/m, ''), 'keepalived.conf');
      d1.signal('SIGHUP');
      await eventually('the others stay', 5000, () => holds(17, 18));
      await d1.becomes('MASTER', 5000);
      await d1.stop();
      await holds();
    } finally {
      await lab.close();
    }
  });
});
