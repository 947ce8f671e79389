import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { centis, seconds } from '../../../src/base/units.ts';
import type { InstanceConfig } from '../../../src/model/config.ts';
import { acceptAdvert, readAdvert } from '../../../src/vrrp/accept.ts';
import { encodeAdvertPayload } from '../../../src/vrrp/advert.ts';
import { bytes, datagramIn, hex } from '../../support/frames.ts';
import { instanceConfig, ip, virtualAddress } from '../../support/instances.ts';
import { root } from '../../support/root.ts';

const golden = (name: string) =>
  JSON.parse(readFileSync(path.join(root, `test/golden/vrrp/${name}.json`), 'utf8'));
const { instances } = golden('keepalived-2.2.7-instances');
const signed = golden('keepalived-2.4.2-hmac');

assert.ok(instances.length >= 7, 'the golden adverts are there');
assert.ok(signed.vectors.length >= 2, 'the golden signatures are there');

for (const recorded of instances) {
  const { source, destination } = datagramIn(recorded.frame);
  const config = instanceConfig({
    ...recorded,
    advertInterval: centis(recorded.advertInterval),
    authentication: recorded.password === null ? null : { type: 'pass', password: recorded.password },
    transport: recorded.unicast
      ? {
          kind: 'unicast',
          peers: [{ address: source, minTtl: 0, maxTtl: 255 }],
          ttl: 255,
          checkSource: true,
          faultWithoutPeer: false,
        }
      : { kind: 'multicast', group: destination },
    virtualAddresses: recorded.addresses.map((address: string) => virtualAddress(address)),
  });

  test(`encodeAdvertPayload() gives what keepalived sends: ${recorded.name}`, () => {
    const about = { source, destination, priority: config.priority, sequence: null };
    assert.equal(hex(encodeAdvertPayload(config, about)), hex(datagramIn(recorded.frame).payload));
    const resigning = encodeAdvertPayload(config, { ...about, priority: 0 });
    assert.equal(hex(resigning), hex(datagramIn(recorded.resigning).payload));
  });

  test(`acceptAdvert() accepts what keepalived sends: ${recorded.name}`, () => {
    const received = readAdvert(datagramIn(recorded.frame));
    assert.ok(received.ok);
    assert.deepEqual(acceptAdvert(config, destination, received.value), {
      ok: true,
      value: {
        source,
        priority: recorded.priority,
        advertInterval: recorded.advertInterval,
        isExpected: true,
        addressListDiffers: false,
        intervalDiffers: false,
        checksumForm: recorded.version === 2 && recorded.family === 'inet' ? 'message' : 'pseudo_header',
      },
    });
  });
}

for (const {
  name,
  family,
  checksum,
  vrid,
  priority,
  addresses,
  source,
  destination,
  payload,
} of signed.vectors) {
  test(`encodeAdvertPayload() signs as keepalived does: ${name}`, () => {
    const config: InstanceConfig = instanceConfig({
      version: 3,
      authentication: null,
      family,
      checksum,
      vrid,
      virtualAddresses: addresses.map((address: string) => virtualAddress(address)),
      hmac: {
        keys: [{ id: signed.keyId, secret: { kind: 'bytes', bytes: bytes(signed.key) } }],
        activeKey: signed.keyId,
        antiReplay: 'time',
        window: seconds(5),
        mode: 'enforce',
      },
    });
    const about = { source, destination, priority };
    const sequence = BigInt(signed.sequence);
    assert.equal(hex(encodeAdvertPayload(config, { ...about, sequence })), payload);
    const unsigned = encodeAdvertPayload(config, { ...about, sequence: null });
    assert.equal(unsigned.length, bytes(payload).length - 28);
  });
}

test('encodeAdvertPayload() keeps the order of the addresses and leaves the excluded ones out', () => {
  const config = instanceConfig({
    version: 3,
    authentication: null,
    virtualAddresses: ['10.0.0.9', '10.0.0.1'].map((address) => virtualAddress(address)),
    excludedAddresses: [virtualAddress('10.0.0.5')],
  });
  const about = { source: ip('10.0.0.2'), destination: ip('224.0.0.18'), priority: 100, sequence: null };
  assert.equal(hex(encodeAdvertPayload(config, about).subarray(8)), '0a0000090a000001');
});
