import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { configOf, instance, said } from './read.ts';

const TRACKERS = `track_scripts:
  chk: { script: "killall -0 'my nginx'", weight: -20 }
  slow: { script: [/bin/x, "a b"], interval: 5s, timeout: 2s, rise: 2, fall: 3, user: nobody, group: users, init_fail: true }
track_files:
  f: { file: /run/f }
  g: { file: /run/g, weight: 2, reverse: true, init_file: 0, overwrite: true }
track_processes:
  p: { process: nginx }
  q: { process: nginx -g x, quorum: 2, quorum_max: 4, fork_delay: 500ms, full_command: true }
  none: { process: [nginx], param_match: partial, quorum_max: 0 }
bfd:
  b: { neighbor_ip: 10.0.0.9, weight: 5 }
`;
const following = (track: string, keys = ''): string =>
  `vrrp:\n${instance('VI_1', `track: [${track}]${keys}`)}${TRACKERS}`;
const everything = '{ script: chk }, { script: slow }, { process: p }, { process: q }, { process: none }';

describe('readYaml, of trackers', () => {
  test('fills in the defaults of keepalived', () => {
    const { scripts, files, processes, bfd } = configOf(following(everything)).trackers;
    assert.deepEqual(scripts, [
      {
        name: 'chk',
        command: { argv: ['killall', '-0', 'my nginx'], user: null, group: null },
        ...{ interval: 1000, timeout: 1000, rise: 1, fall: 1, initFail: false },
      },
      {
        name: 'slow',
        command: { argv: ['/bin/x', 'a b'], user: 'nobody', group: 'users' },
        ...{ interval: 5000, timeout: 2000, rise: 2, fall: 3, initFail: true },
      },
    ]);
    assert.deepEqual(files, [
      { name: 'f', path: '/run/f', init: null },
      { name: 'g', path: '/run/g', init: { value: 0, overwrite: true } },
    ]);
    const still = { fullCommand: false, forkDelay: 0, terminateDelay: 0 };
    assert.deepEqual(processes, [
      { name: 'p', command: ['nginx'], match: 'any', quorum: 1, quorumMax: null, ...still },
      {
        name: 'q',
        command: ['nginx', '-g', 'x'],
        ...{ match: 'exact', quorum: 2, quorumMax: 4 },
        ...{ ...still, fullCommand: true, forkDelay: 500 },
      },
      // Without arguments to compare, the process must have none.
      { name: 'none', command: ['nginx'], match: 'exact', quorum: 0, quorumMax: 0, ...still },
    ]);
    assert.deepEqual(bfd, [
      {
        ...{ name: 'b', neighbor: '10.0.0.9', source: null, passive: false, multihop: false },
        ...{ minRx: 10_000, minTx: 10_000, idleTx: 1_000_000, multiplier: 5, ttl: 255, maxHops: 0 },
      },
    ]);
  });

  test('lets the weight of an instance stand before that of the tracker', () => {
    const text = following(
      '{ script: chk }, { script: slow, weight: 3, reverse: true }, { file: f }, { file: g, weight: 7 }, { file: h }',
    ).replace('track_files:', 'track_files:\n  h: { file: /run/h, weight: 4, reverse: true }');
    const { tracks } = configOf(text).instances[0] ?? { tracks: [] };
    assert.deepEqual(
      tracks.map(({ name, weight, reverse }) => [name, weight, reverse]),
      [
        ['chk', -20, false],
        ['slow', 3, true],
        ['f', 1, false],
        ['g', 7, true],
        ['h', 4, true],
      ],
    );
  });

  test('says what cannot be followed, and what nobody follows', () => {
    assert.deepEqual(
      said(
        following(
          '{ script: chkk }, { interface: eth1 }, { interface: eth1, weight: 5 }, { process: p }',
        ).replace('slow:', 'q:'),
      ),
      [
        '2:91 error unknown_name: there is no script "chkk" to follow → chk',
        '2:130 warning overridden: the interface eth1 is followed already, and the first entry counts',
        '4:3 warning unused_tracker: no instance follows the script chk',
        '5:3 warning unused_tracker: no instance follows the script q',
        '11:3 warning unused_tracker: no instance follows the process q',
        '12:3 warning unused_tracker: no instance follows the process none',
      ],
    );
  });

  test('refuses what contradicts itself', () => {
    const text = following(everything)
      .replace('quorum_max: 4', 'quorum_max: 1')
      .replace('init_file: 0, ', '')
      .replace('user: nobody, ', '')
      .replace('-g x', '-g x, param_match: any')
      .replace('neighbor_ip: 10.0.0.9', 'neighbor_ip: 10.0.0.9, source_ip: "fe80::1"');
    assert.deepEqual(
      said(text).map((line) => line.replace(/^\d+:\d+ error /, '')),
      [
        'missing_key: a "group" needs the "user" beside it',
        'conflicting_keys: "overwrite" needs an "init_file"',
        'conflicting_keys: any looks at the name alone, but there are arguments to compare',
        'out_of_range: this is below the quorum of 2',
        'mixed_families: 10.0.0.9 cannot be reached from fe80::1',
      ],
    );
  });

  test('refuses an entry of track that follows nothing, two things, or with more than its weight', () => {
    assert.deepEqual(
      said(following(`${everything}, {}, { script: chk, bfd: b }, { bfd: b, weight: 254 }`)).map((line) =>
        line.replace(/^\d+:\d+ error /, ''),
      ),
      [
        'missing_key: this follows nothing',
        'conflicting_keys: an entry follows one thing, not script and bfd',
        'out_of_range: the weight 254 is out of range: -253 to 253',
      ],
    );
  });
});

describe('composeTracks', () => {
  const ALL =
    '{ interface: eth1, weight: 5 }, { script: chk }, { script: slow }, { file: f }, { file: g }, { process: p, weight: 3 }, { process: q }, { process: none }, { bfd: b }';
  const kept = (text: string) =>
    configOf(text).instances[0]?.tracks.map(({ kind, name, weight }) => `${kind} ${name} ${weight}`);
  const ignored = (text: string) => said(text).filter((line) => line.includes(' weight_ignored: ')).length;

  test('treats weights on an owner as keepalived does', () => {
    const text = following(ALL, ', priority: 255');
    assert.deepEqual(kept(text), [
      ...['script slow 0', 'file f 0'],
      ...['process p 3', 'process q 0', 'process none 0'],
    ]);
    assert.equal(ignored(text), 5);
  });

  test('treats weights in a sync group as keepalived does', () => {
    const grouped = (keys: string) =>
      `${following(ALL).replace('vrrp:\n', `vrrp:\n${instance('VI_0', '', 50)}`)}sync_groups: { G: { group: [VI_1, VI_0]${keys} } }\n`;
    const kept = (text: string) =>
      configOf(text).instances[1]?.tracks.map(({ kind, name, weight }) => `${kind} ${name} ${weight}`);
    assert.deepEqual(kept(grouped('')), [
      ...['interface eth1 0', 'script slow 0', 'file f 0'],
      ...['process p 3', 'process q 0', 'process none 0'],
    ]);
    assert.equal(ignored(grouped('')), 5);
    assert.equal(kept(grouped(', sync_group_tracking_weight: true'))?.length, 9);
    assert.equal(ignored(grouped(', sync_group_tracking_weight: true')), 0);
  });
});
