import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NO_NOTIFY } from '../../../src/model/notify.ts';
import { configOf, instance, said } from './read.ts';

const three = `vrrp:\n${instance('VI_1', '', 51)}${instance('VI_2', '', 52)}${instance('VI_3', '', 53)}`;

describe('readYaml, of sync groups', () => {
  test('gives what members follow together its weights, and tells what it is told to', () => {
    const text = `${three}track_scripts: { chk: { script: /bin/chk } }
sync_groups:
  G:
    group: [VI_1, VI_3]
    track: [{ interface: eth1, weight: 10 }, { script: chk, weight: -5, reverse: true }]
    notify: { master: /bin/up, priority_changes: true }
`;
    assert.deepEqual(configOf(text).syncGroups, [
      {
        name: 'G',
        members: ['VI_1', 'VI_3'],
        tracks: [
          { kind: 'interface', name: 'eth1', weight: 10, reverse: false },
          { kind: 'script', name: 'chk', weight: -5, reverse: true },
        ],
        notify: {
          ...NO_NOTIFY,
          master: { argv: ['/bin/up'], user: null, group: null },
          priorityChanges: true,
        },
      },
    ]);
    assert.deepEqual(said(text), []);
  });

  test('says which members are none, are here twice or elsewhere, and that one is no group', () => {
    const text = `${three}sync_groups:
  G: { group: [VI_1, VI_2, VI_1, VI_9] }
  H: { group: [VI_2, VI_3] }
  J: { group: [VI_9] }
  I: { group: [], notify: { deleted: true }, track_script: [] }
`;
    assert.deepEqual(said(text), [
      '6:28 warning overridden: VI_1 is in this group already',
      '6:34 error unknown_name: there is no instance "VI_9" → VI_1',
      '7:16 error duplicate_member: VI_2 is in the group G already',
      '8:8 warning lone_member: J has one instance, which the group changes nothing for',
      '8:16 error unknown_name: there is no instance "VI_9" → VI_1',
      '9:8 error out_of_range: a group needs instances',
      '9:29 error unknown_key: unknown key "deleted"',
      '9:46 error unknown_key: unknown key "track_script" → track',
    ]);
  });

  test('warns of groups and instances that are called what a command calls all of them', () => {
    const text = `vrrp:\n${instance('all', '', 51)}${instance('VI_2', '', 52)}sync_groups:\n  all: { group: [all, VI_2] }\n`;
    const why = '"simulate --peer-loss all" means every instance: give this another name';
    assert.deepEqual(said(text), [`2:3 warning value_unusual: ${why}`, `5:3 warning value_unusual: ${why}`]);
  });
});
