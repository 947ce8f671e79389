import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Mac } from '../../../src/base/mac.ts';
import { micros } from '../../../src/base/units.ts';
import type { JournalFact } from '../../../src/model/journal.ts';
import { explainCause, explainTwoMasters, explainUnsent } from '../../../src/view/cause.ts';
import type { JournalRing } from '../../../src/vrrp/journal.ts';
import { at, backup, heard, ip, PEER, refused, takeOver } from './journals.ts';

function causes(ring: JournalRing) {
  const last = ring.show(...at(1000)).decisions.at(-1);
  assert.ok(last);
  return explainCause(last, 'eth0');
}

const codes = (ring: JournalRing) => causes(ring).map(({ code }) => code);

/** A takeover after two adverts and what was noted in the silence that followed. */
function afterSilence(...facts: readonly JournalFact[]): JournalRing {
  const ring = backup(2);
  for (const [i, fact] of facts.entries()) ring.note(fact, ...at(2 + i / 10));
  takeOver(ring, 4.61);
  return ring;
}

test('explainCause names why the adverts of the former master were refused, instead of silence', () => {
  const rows = [
    'auth',
    'auth_type',
    'version',
    'interval',
    'ttl',
    'checksum',
    'hmac_stale',
    'source',
  ] as const;
  for (const refusal of rows) {
    const [first, ...others] = causes(afterSilence(refused(refusal), refused(refusal)));
    assert.deepEqual([first?.code, others], [`refused_${refusal}`, []]);
    assert.match(first?.sentence ?? '', /^2 adverts were refused from 10\.0\.0\.2: /);
    assert.equal(first?.hints.length, 1);
  }
});

test('explainCause puts the refusals of the former master before more of strangers', () => {
  const strangers = Array.from({ length: 5 }, () => refused('checksum', null, ip('10.0.0.66')));
  assert.deepEqual(codes(afterSilence(...strangers, refused('version', 'version 3'))), [
    'refused_version',
    'refused_checksum',
  ]);
  assert.deepEqual(codes(afterSilence(...strangers)), ['refused_checksum', 'silence']);
});

test('explainCause blames another VRID where the peer sends it or nobody was heard', () => {
  const alone = backup(0);
  alone.note(refused('vrid', 'VRID 15'), ...at(1));
  takeOver(alone, 4);
  assert.deepEqual(codes(alone), ['refused_vrid', 'silence']);
  assert.match(causes(alone)[0]?.sentence ?? '', /vrid \(VRID 15\)/);
  assert.deepEqual(codes(afterSilence(refused('vrid', 'VRID 15'))), ['refused_vrid']);
  assert.deepEqual(codes(afterSilence(refused('vrid', 'VRID 15', ip('10.0.0.66')))), ['silence']);
});

test('explainCause leaves out what was refused before the last advert', () => {
  const ring = backup(1);
  ring.note(refused('auth'), ...at(0.5));
  ring.note(heard(150), ...at(1));
  takeOver(ring, 4.61);
  assert.deepEqual(codes(ring), ['silence']);
  assert.match(
    causes(ring)[0]?.hints.join('\n') ?? '',
    /ping 10\.0\.0\.2[\s\S]*tcpdump -ni eth0 vrrp[\s\S]*nft list ruleset/,
  );
});

test('explainCause weighs a hold-up of the loop by its length', () => {
  const late = (by: number): JournalFact => ({ kind: 'late', by: micros(by) });
  assert.deepEqual(codes(afterSilence(late(3_000_000))), ['late', 'silence']);
  assert.deepEqual(codes(afterSilence(late(500_000))), ['silence', 'late']);
  assert.deepEqual(codes(afterSilence(late(100_000))), ['silence']);
});

test('explainCause tells that the former master lives when somebody answers for the address', () => {
  const claim: JournalFact = {
    kind: 'claimed',
    address: ip('10.0.0.100'),
    mac: '02:00:00:00:00:02' as Mac,
  };
  const claimedAt = (when: number) => {
    const ring = backup(2);
    ring.note(claim, ...at(when));
    takeOver(ring, 4.61);
    return ring;
  };
  // A machine that answers has not died, and neither has its link.
  assert.deepEqual(codes(claimedAt(3)), ['still_answers']);
  // Said together with the last advert, it proves nothing.
  assert.deepEqual(codes(claimedAt(1.1)), ['silence']);
});

test('explainCause tells a resignation and a pre-emption, and which tracker made it one', () => {
  const resigned = backup(2);
  resigned.note(heard(0), ...at(1.5));
  takeOver(resigned, 2.2);
  assert.deepEqual(codes(resigned), ['resigned']);

  const lower = backup(4, 80);
  takeOver(lower, 3.6);
  assert.deepEqual(codes(lower), ['lower_priority']);

  const risen = backup(2, 80);
  risen.note({ kind: 'priority', from: 70, to: 100, because: 'script chk is good' }, ...at(1.2));
  risen.note(heard(80), ...at(2));
  takeOver(risen, 2.5);
  assert.deepEqual(codes(risen), ['lower_priority', 'own_priority']);
});

test('explainCause tells why a master yields or is in fault', () => {
  const master = backup(0);
  takeOver(master, 4);
  master.note({ kind: 'priority', from: 150, to: 100, because: 'script chk fails' }, ...at(10));
  master.note(heard(120), ...at(10.5));
  master.decide({ from: 'MASTER', to: 'BACKUP', because: 'a higher priority', priority: 100 }, ...at(10.5));
  assert.deepEqual(codes(master), ['own_priority', 'higher_priority']);

  const tie = backup(0);
  takeOver(tie, 4);
  tie.note(heard(100), ...at(10));
  tie.decide({ from: 'MASTER', to: 'BACKUP', because: 'a higher address', priority: 100 }, ...at(10));
  assert.deepEqual(codes(tie), ['higher_address']);

  const frozen = backup(0);
  takeOver(frozen, 4);
  frozen.note({ kind: 'late', by: micros(6_000_000) }, ...at(20));
  frozen.decide({ from: 'MASTER', to: 'BACKUP', because: 'it stood still', priority: 100 }, ...at(20.1));
  assert.deepEqual(codes(frozen), ['late']);

  const broken = backup(1);
  broken.note({ kind: 'fault', because: 'interface eth0 is down' }, ...at(2));
  broken.decide({ from: 'BACKUP', to: 'FAULT', because: 'interface eth0 is down', priority: 100 }, ...at(2));
  assert.deepEqual(
    causes(broken).map(({ sentence }) => sentence),
    ['interface eth0 is down'],
  );
});

test('explainTwoMasters names who else advertises or claims the address, while it lasts', () => {
  const ring = backup(0);
  takeOver(ring, 4);
  ring.note(refused('auth'), ...at(10));
  ring.note(heard(90, { source: ip('10.0.0.3') }), ...at(11));
  ring.note({ kind: 'claimed', address: ip('10.0.0.100'), mac: '02:00:00:00:00:66' as Mac }, ...at(12));
  const now = explainTwoMasters(ring.show(...at(13)), 'eth0', null);
  assert.deepEqual(
    now.map(({ code }) => code),
    ['refused_auth', 'two_masters', 'claimed'],
  );
  assert.ok(now[0]?.sentence.includes(PEER) && now[1]?.sentence.includes('10.0.0.3'));
  const unsent = explainTwoMasters(ring.show(...at(13)), 'eth0', 'Operation not permitted');
  assert.deepEqual(
    [now[1]?.hints[0], unsent[1]?.hints[0]].map((hint) => hint?.slice(0, 17)),
    ['it does not hear ', 'it cannot hear us'],
  );
  const neighbor = backup(0);
  takeOver(neighbor, 4);
  neighbor.note(refused('vrid', 'VRID 15'), ...at(10));
  assert.deepEqual(explainTwoMasters(neighbor.show(...at(11)), 'eth0', null), []);
  assert.deepEqual(explainTwoMasters(ring.show(...at(60)), 'eth0', null), []);
});

test('explainUnsent suspects a firewall of ours only where sending is not permitted', () => {
  assert.deepEqual(explainUnsent(null), []);
  for (const [error, hints] of [
    ['Operation not permitted', 1],
    ['Network is down', 0],
  ] as const) {
    const [cause] = explainUnsent(error);
    assert.equal(cause?.sentence, `our own adverts do not leave: ${error}`);
    assert.equal(cause.hints.length, hints);
  }
});
