import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type NftItem, passageOf } from '../../../../src/plan/doctor/nft.ts';
import type { Packet } from '../../../../src/plan/doctor/nft-match.ts';
import { ip } from '../../../support/instances.ts';

const CHAIN = { family: 'inet', table: 't', name: 'input' };
const base = (policy: string): NftItem => ({
  chain: { ...CHAIN, type: 'filter', hook: 'input', prio: 0, policy },
});
const rule = (chain: string, ...expr: unknown[]): NftItem => ({
  rule: { family: 'inet', table: 't', chain, handle: 7, expr },
});
const match = (left: unknown, right: unknown, op = '==') => ({ match: { op, left, right } });
const ACCEPT = { accept: null };
const DROP = { drop: null };
const field = (protocol: string, name: string) => ({ payload: { protocol, field: name } });
const meta = (key: string) => ({ meta: { key } });
const STATE = { ct: { key: 'state' } };

const ADVERT: Packet = {
  protocol: ['112', 'vrrp'],
  iif: 'eth0',
  oif: null,
  source: { near: ip('10.0.0.1') },
  destination: ip('224.0.0.18'),
  family: 'ip',
  states: ['new'],
};
const verdict = (items: readonly NftItem[], packet = ADVERT) => passageOf(items, ['input'], packet).verdict;
const inInput = (...rules: readonly (readonly unknown[])[]) => rules.map((expr) => rule('input', ...expr));

test('passageOf lets a packet through that no rule and no policy drops', () => {
  assert.equal(verdict([]), 'passes');
  assert.equal(verdict([base('accept'), ...inInput([match(field('tcp', 'dport'), 80), DROP])]), 'passes');
  assert.equal(verdict([base('accept'), ...inInput([match(field('ip6', 'nexthdr'), 112), DROP])]), 'passes');
  assert.equal(verdict([base('accept'), ...inInput([match(meta('iifname'), 'lo', '!='), DROP])]), 'drops');
});

test('passageOf finds the rule or the policy that drops', () => {
  const dropped = passageOf(
    [base('accept'), ...inInput([match(field('ip', 'protocol'), 'vrrp'), DROP])],
    ['input'],
    ADVERT,
  );
  assert.deepEqual(dropped, { verdict: 'drops', by: 'rule 7 of chain inet t input', chain: 'inet t input' });
  assert.equal(passageOf([base('drop')], ['input'], ADVERT).by, 'policy drop of chain inet t input');
  assert.equal(passageOf([base('drop')], ['output'], ADVERT).verdict, 'passes');
});

test('passageOf believes a rule that names the protocol, and those that surely match', () => {
  const accepted: readonly (readonly unknown[])[] = [
    [match(field('ip', 'saddr'), '10.0.0.2'), match(field('ip', 'protocol'), 112), ACCEPT],
    [match(meta('l4proto'), { set: [50, 112] }), { counter: { packets: 0, bytes: 0 } }, ACCEPT],
    [match(field('ip', 'daddr'), { prefix: { addr: '224.0.0.0', len: 4 } }), ACCEPT],
    [match(field('ip', 'saddr'), { prefix: { addr: '10.0.0.0', len: 24 } }), ACCEPT],
    [match(meta('pkttype'), 'multicast'), ACCEPT],
    [match(meta('iifname'), 'eth*'), ACCEPT],
    [match(STATE, ['new', 'established'], 'in'), ACCEPT],
    [
      {
        vmap: {
          key: meta('l4proto'),
          data: {
            set: [
              ['tcp', DROP],
              [112, ACCEPT],
            ],
          },
        },
      },
    ],
  ];
  for (const one of accepted)
    assert.equal(verdict([base('drop'), ...inInput(one)]), 'passes', JSON.stringify(one));
});

test('passageOf is unsure where what would save the packet cannot be known', () => {
  const unknown = [match(field('ip', 'saddr'), '@friends'), ACCEPT];
  assert.equal(verdict([base('drop'), ...inInput(unknown)]), 'unsure');
  assert.equal(
    verdict([base('drop'), ...inInput([{ xt: { type: 'match', name: 'set' } }, ACCEPT])]),
    'unsure',
  );
  const limited = [{ limit: { rate: 9 } }, match(field('ip', 'protocol'), 112), DROP];
  assert.equal(verdict([base('accept'), ...inInput(limited)]), 'unsure');
  // What would drop only strangers is no reason to worry.
  assert.equal(
    verdict([base('accept'), ...inInput([match(field('ip', 'saddr'), '@banned'), DROP])]),
    'passes',
  );
  const established = [match(STATE, ['established', 'related'], 'in'), ACCEPT];
  assert.equal(verdict([base('drop'), ...inInput(established)]), 'drops');
});

test('passageOf follows jumps, returns, and the chain that goto does not come back from', () => {
  const sub: NftItem = { chain: { family: 'inet', table: 't', name: 'sub' } };
  const inSub = (...expr: unknown[]) => rule('sub', ...expr);
  const jump = { jump: { target: 'sub' } };
  const goto = { goto: { target: 'sub' } };
  const leaving = [match(field('ip', 'daddr'), '224.0.0.18', '!='), { return: null }];
  assert.equal(verdict([base('accept'), sub, ...inInput([jump]), inSub(...leaving), inSub(DROP)]), 'drops');
  assert.equal(verdict([base('drop'), sub, ...inInput([jump], [ACCEPT]), inSub({ return: null })]), 'passes');
  assert.equal(verdict([base('drop'), sub, ...inInput([goto], [ACCEPT])]), 'drops');
  const circle = [base('accept'), sub, ...inInput([jump]), inSub(jump)];
  assert.equal(verdict(circle), 'passes');
});

test('passageOf is total over expressions that it has never seen', () => {
  for (const odd of [
    null,
    7,
    'text',
    [],
    {},
    { match: null },
    { match: {} },
    { vmap: 3 },
    { vmap: {} },
    { jump: 1 },
  ])
    assert.ok(['passes', 'drops', 'unsure'].includes(verdict([base('accept'), ...inInput([odd, DROP])])));
});
