import assert from 'node:assert/strict';
import { test } from 'node:test';
import { err, ok } from '../../../src/base/result.ts';
import { arpAsker } from '../../../src/cli/doctor-arp.ts';
import type { Run } from '../../../src/cli/run.ts';
import { ip } from '../../support/instances.ts';

const failed = (because: string, stdout = '') => err({ code: 'failed' as const, because, stdout });
/** Answers to `-V` and to the question. */
const answering =
  (version: Awaited<ReturnType<Run>>, asked: Awaited<ReturnType<Run>>, words: string[] = []): Run =>
  async (argv) => {
    if (argv[1] === '-V') return version;
    words.push(argv.join(' '));
    return asked;
  };
const OWN = () => ip('10.0.0.1');

test('arpAsker reads the answers of the arping of iputils, asked from an own address', async () => {
  const words: string[] = [];
  const printed = `ARPING 10.0.0.100 from 10.0.0.1 eth0
Unicast reply from 10.0.0.100 [52:54:00:AB:CD:EF]  0.712ms
Unicast reply from 10.0.0.100 [52:54:00:ab:cd:01]  0.9ms
Unicast reply from 10.0.0.100 [52:54:00:AB:CD:EF]  0.7ms
Sent 2 probes (1 broadcast(s))
Received 3 response(s)
`;
  const run = answering(ok('arping from iputils 20221126'), ok(printed), words);
  const ask = await arpAsker(run, OWN);
  assert.deepEqual(await ask('eth0', ip('10.0.0.100')), ok(['52:54:00:ab:cd:ef', '52:54:00:ab:cd:01']));
  assert.deepEqual(words, ['arping -c 2 -w 2 -I eth0 -s 10.0.0.1 10.0.0.100']);
  const without = await arpAsker(run, () => null);
  assert.equal((await without('eth0', ip('10.0.0.100'))).ok, false);
});

test('arpAsker tells silence from not having been able to ask', async () => {
  const habets = failed("arping: option requires an argument -- 'V'");
  const silent = await arpAsker(answering(habets, failed('Command failed: arping')), OWN);
  assert.deepEqual(await silent('eth0', ip('10.0.0.100')), ok([]));
  const denied = await arpAsker(
    answering(habets, failed('arping: libnet_init(): Operation not permitted')),
    OWN,
  );
  assert.equal((await denied('eth0', ip('10.0.0.100'))).ok, false);
  const absent = err({ code: 'absent' as const, because: 'arping is not installed', stdout: '' });
  const none = await arpAsker(answering(absent, absent), OWN);
  const said = await none('eth0', ip('10.0.0.100'));
  assert.ok(!said.ok && said.error.includes('apt install'));
});
