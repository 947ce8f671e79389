import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { type Ip, ipFamily } from '../../../src/base/ip.ts';
import type { Mac } from '../../../src/base/mac.ts';
import { encodeArpProbe, encodeArpRequest } from '../../../src/wire/arp.ts';
import { encodeNeighbourSolicitation } from '../../../src/wire/ndisc.ts';
import { hex } from '../../support/frames.ts';
import { root } from '../../support/root.ts';

interface Question {
  readonly by: string;
  readonly asks: string;
  readonly source: Ip | null;
  readonly target: Ip;
  readonly frame: string;
}

const MAC = '02:00:00:00:00:0a' as Mac;
const file = path.join(root, 'test/golden/vrrp/neighbour-questions.json');
const frames: readonly Question[] = JSON.parse(readFileSync(file, 'utf8')).frames;

assert.equal(frames.length, 4, 'the golden frames are there');

function encode({ source, target }: Question): Uint8Array {
  if (ipFamily(target) === 'inet6') return encodeNeighbourSolicitation(MAC, source, target);
  return source === null ? encodeArpProbe(MAC, target) : encodeArpRequest(MAC, source, target);
}

for (const question of frames) {
  test(`the question that ${question.by} asks as ${question.asks} is encoded as it does`, () => {
    assert.equal(hex(encode(question)), question.frame);
  });
}
