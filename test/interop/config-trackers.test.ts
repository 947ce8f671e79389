import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { Config } from '../../src/model/config.ts';
import type { Track } from '../../src/model/tracking.ts';
import { askSeveral, writeEntry } from './ask-keepalived.ts';
import { block, type CorpusEntry, entry, instances } from './corpus/entry.ts';
import { readEntry } from './our-reading.ts';

const TRACKERS = [
  block('vrrp_script none', 'script "/bin/true"\ninterval 2\nrise 3\nfall 2'),
  block('vrrp_script plus', `script "/bin/true 'a  b' c"\nweight 5\ntimeout 3\ninit_fail`),
  block('vrrp_script minus', 'script /bin/true\nweight -5 reverse'),
  block('track_file one', 'file /dev/null'),
  block('track_file three', 'file /dev/null\nweight 3'),
  block('track_file zero', 'file /dev/null\nweight 0 reverse'),
  block('vrrp_track_process p', 'process nginx\nweight 4'),
  block('vrrp_track_process q', 'process nginx -g x\nparam_match partial\nquorum 2\nquorum_max 3\ndelay 0.5'),
  block('vrrp_track_process none_at_all', 'process nginx\nparam_match initial\nquorum_max 0'),
].join('\n');

const EVERYTHING = `
track_interface { eth1
eth2 weight 9
eth3 weight -254 reverse }
track_script { none
plus
minus weight 7 }
track_file { one
three
zero }
track_process { p
q weight 0 reverse
none_at_all }`;

const CORPUS: readonly CorpusEntry[] = [
  entry('tracks', TRACKERS + instances('', EVERYTHING, 'track_script { plus\nplus weight 3 }')),
  entry('tracks-of-an-owner', TRACKERS + instances(`priority 255\nstate MASTER\n${EVERYTHING}`)),
  entry(
    'tracks-in-a-group',
    TRACKERS + block('vrrp_sync_group G', 'group { VI_1\nVI_2 }') + instances(EVERYTHING, ''),
  ),
  entry(
    'tracks-of-an-owner-in-a-group',
    TRACKERS +
      block('vrrp_sync_group G', 'group { VI_1\nVI_2 }') +
      instances(`priority 255\nstate MASTER\n${EVERYTHING}`, ''),
  ),
  entry(
    'tracks-in-a-group-with-weights',
    TRACKERS +
      block('vrrp_sync_group G', 'group { VI_1\nVI_2 }\nsync_group_tracking_weight') +
      instances(EVERYTHING, ''),
  ),
  entry(
    'tracks-of-a-group',
    TRACKERS + block('vrrp_sync_group G', `group { VI_1\nVI_2 }\n${EVERYTHING}`) + instances('', ''),
  ),
];

const NOUNS: Readonly<Record<string, Track['kind']>> = {
  'Tracked interfaces': 'interface',
  'Tracked scripts': 'script',
  'Tracked files': 'file',
  'Tracked processes': 'process',
  'Tracked process': 'process',
};

/** `VI_1: script plus weight 5`, `G: member VI_1`, sorted. */
function dumped(dump: readonly string[]): readonly string[] {
  const found: string[] = [];
  let owner = '';
  let list = '';
  for (const line of dump) {
    const [, indent = '', key = '', value] = /^( *)(.*?)(?: = (.*)| :)?$/.exec(line) ?? [];
    if (/^VRRP (Instance|Sync Group)$/.test(key)) owner = (value ?? '').replace(/,.*/, '');
    else if (line.includes('------<') || /^VRRP (Script|Track)/.test(key.trim())) owner = '';
    if (indent.length <= 3) list = key;
    else if (owner !== '' && list === 'VRRP member instances') found.push(`${owner}: member ${key}`);
    else if (owner !== '' && NOUNS[list] !== undefined) {
      found.push(`${owner}: ${NOUNS[list]} ${line.trim().replace(', weight', ' weight')}`);
    }
  }
  return found.toSorted();
}

const show = ({ kind, name, weight, reverse }: Track): string =>
  `${kind} ${name} weight ${weight}${reverse ? ' reverse' : ''}`;

const composed = ({ instances, syncGroups }: Config): readonly string[] =>
  [
    ...[...instances, ...syncGroups].flatMap(({ name, tracks }) =>
      tracks.map((track) => `${name}: ${show(track)}`),
    ),
    ...syncGroups.flatMap(({ name, members }) => members.map((member) => `${name}: member ${member}`)),
  ].toSorted();

test('composeTracks gives instances and groups the trackers and weights that keepalived 2.2.7 dumps', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'lbd-tracks-'));
  try {
    const answers = await askSeveral(CORPUS, directory, '-P', 3);
    for (const { entry, dump } of answers) {
      const { config, diagnostics } = readEntry(entry, writeEntry(entry, directory));
      assert.ok(config !== null, `${entry.name}: ${JSON.stringify(diagnostics)}`);
      const theirs = dumped(dump);
      assert.ok(theirs.length > 0, `${entry.name}: ${dump.join('\n')}`);
      assert.deepEqual(composed(config), theirs, entry.name);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});
