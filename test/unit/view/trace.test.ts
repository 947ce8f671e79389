import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Mac } from '../../../src/base/mac.ts';
import { wallTime } from '../../../src/base/units.ts';
import type { CheckStatus } from '../../../src/model/status.ts';
import type { TraceAnswer, TraceQuestion } from '../../../src/model/trace.ts';
import { showTrace, showTraceJson } from '../../../src/view/trace.ts';
import { PLAIN_STATUS } from '../../support/services.ts';
import { ip } from '../daemon/core-fakes.ts';

const NOW = wallTime(1_795_000_000_000);
const end = (address: string, port = 80) => ({ address: ip(address), port });
const SERVICE = { kind: 'address', protocol: 'tcp', address: ip('10.0.0.100'), port: 80 } as const;

const CHECK: CheckStatus = {
  table: { available: false, reason: 'not asked' },
  services: [
    {
      ...{ name: 'web', key: SERVICE, ...PLAIN_STATUS },
      servers: [
        {
          ...{ key: end('10.0.0.11'), forward: 'dr', configuredWeight: 1, effectiveWeight: 1, health: 'up' },
          ...{ since: wallTime(NOW - 65_000), lastCheck: null, checks: [], draining: null, order: null },
          ...{ slowStart: null, byHand: null },
        },
      ],
    },
  ],
};

const QUESTION: TraceQuestion = {
  ...{ protocol: 'tcp', flag: 'syn', interface: null },
  source: end('192.0.2.7', 40_000),
  destination: end('10.0.0.100'),
};

const ANSWER: TraceAnswer = {
  interface: 'eth0',
  verdict: {
    ...{ kind: 'forwarded', method: 'dr', interface: 'eth0', outer: null },
    ...{ sourceMac: '02:00:00:00:00:01' as Mac, destinationMac: '02:00:00:00:01:01' as Mac },
  },
  ...{ service: SERVICE, scheduler: 'mh', server: end('10.0.0.11'), passedOver: null },
  choice: {
    ...{ kind: 'hash', by: 'connection', because: 'scheduler', slot: 12_345, of: 65_537 },
    instead: { of: end('10.0.0.12'), why: 'out' },
  },
};

const show = (answer: Partial<TraceAnswer>, check: CheckStatus | null = CHECK): string[] =>
  showTrace({ question: QUESTION, answer: { ...ANSWER, ...answer }, check, now: NOW });

test('a trace says where the packet goes, by what, how, and how the server is', () => {
  assert.deepEqual(show({}), [
    'tcp SYN 192.0.2.7:40000 → 10.0.0.100:80 on eth0 goes to 10.0.0.11:80',
    '  service web (tcp 10.0.0.100:80), scheduler mh',
    '  by the hash of addresses and ports: slot 12345 of 65537 is that of 10.0.0.12:80, which is out; its next choice is 10.0.0.11:80',
    '  by direct routing, out of eth0 from MAC 02:00:00:00:00:01 to MAC 02:00:00:00:01:01',
    '  10.0.0.11:80 is up since 2026-11-18 11:05:35.000Z (1m 5s), weight 1',
    '  nothing was sent, kept or counted',
  ]);
  const json = JSON.parse(showTraceJson({ question: QUESTION, answer: ANSWER, check: CHECK, now: NOW }));
  assert.deepEqual(json.service, { name: 'web', key: 'tcp 10.0.0.100:80', scheduler: 'mh' });
  assert.deepEqual([json.server.name, json.server.health], ['10.0.0.11:80', 'up']);
  assert.deepEqual(json.choice.instead, { of: '10.0.0.12:80', why: 'out' });
  assert.equal(json.verdict.destination_mac, '02:00:00:00:01:01');
});

test('a trace says each reason in a line', () => {
  const reason = (choice: TraceAnswer['choice']) => show({ choice })[2];
  assert.deepEqual(
    [
      reason({ kind: 'flow', state: 'established', secondsLeft: 899 }),
      reason({ kind: 'template', prefix: 24, secondsLeft: 59 }),
      reason({ kind: 'turn', turn: 2, of: 3 }),
      reason({ ...hash, by: 'client', because: 'scheduler' }),
      reason({ ...hash, because: 'opens_nothing' }),
      reason({ ...hash, because: 'no_room' }),
      reason({ kind: 'load', least: load('10.0.0.11', 0), next: load('10.0.0.12', 3), of: 2 }),
    ],
    [
      '  by its flow, which is known: established, forgotten in 899 s',
      "  by persistence: the client's /24 stays with 10.0.0.11:80, for 59 s more",
      '  by its turn: connection 3 in a round of 3',
      "  by the hash of the client's address: slot 4 of 9 is that of 10.0.0.11:80",
      '  by the hash of addresses and ports, since no flow is known of it and it opens none: slot 4 of 9 is that of 10.0.0.11:80',
      '  by the hash of addresses and ports, since its part of the flow table is full: slot 4 of 9 is that of 10.0.0.11:80',
      '  by load, the least of 2: 10.0.0.11:80 has 0 active and 1 inactive connections at weight 1, 10.0.0.12:80 has 3 active and 1 inactive connections at weight 1',
    ],
  );
});

test('a trace says why a packet does not get to a server', () => {
  const nothing = { scheduler: null, server: null, choice: null };
  assert.deepEqual(show({ ...nothing, service: null, verdict: { kind: 'passed', because: 'no_service' } }), [
    'tcp SYN 192.0.2.7:40000 → 10.0.0.100:80 on eth0 is left to the kernel: no service has this address, port and protocol',
    '  nothing was sent, kept or counted',
  ]);
  const dropped = show(
    { passedOver: 'server_gone', verdict: { kind: 'dropped', reason: 'no_server' } },
    null,
  );
  assert.deepEqual(dropped.slice(0, 3), [
    'tcp SYN 192.0.2.7:40000 → 10.0.0.100:80 on eth0 is dropped (no_server): its service has no server that takes connections',
    '  service tcp 10.0.0.100:80, scheduler mh',
    '  the flow that is known of it was of a server that is not in any more',
  ]);
});

const hash = { kind: 'hash', by: 'connection', slot: 4, of: 9, instead: null } as const;
const load = (address: string, active: number) => ({
  ...{ server: end(address), active, inactive: 1, weight: 1 },
});
