import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { encodeUnsolicitedNa } from '../../../src/wire/ndisc.ts';
import { hex } from '../../support/frames.ts';
import { root } from '../../support/root.ts';

const file = path.join(root, 'test/golden/vrrp/keepalived-2.2.7-instances.json');
const { neighbourAdvertisements } = JSON.parse(readFileSync(file, 'utf8'));

assert.ok(neighbourAdvertisements.length >= 2, 'the golden frames are there');

for (const { name, mac, router, address, frame } of neighbourAdvertisements) {
  test(`encodeUnsolicitedNa() gives the frame that keepalived sends ${name}`, () => {
    assert.equal(hex(encodeUnsolicitedNa(mac, address, router)), frame);
  });
}
