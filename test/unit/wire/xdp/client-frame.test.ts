import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c } from '../../../../src/base/crc32c.ts';
import type { Mac } from '../../../../src/base/mac.ts';
import { encodeClientFrame } from '../../../../src/wire/xdp/client-frame.ts';
import { ip } from '../../daemon/core-fakes.ts';

const ETHERNET = '020000000001020000000000';
const IP4 = `${ETHERNET}08004500`;
const IP6 = `${ETHERNET}86dd60000000`;
const ADDRESSES6 = '20010db800000000000000000000000720010db8000000000000000000000100';

/** tshark 4.0.17 calls every checksum of these good. */
const GOOD = {
  'tcp 4': `${IP4}0028000000004006ae65c00002070a0000649c40005000000001000000015011ffff46d60000`,
  'udp 4': `${IP4}001c000000004011ae66c00002070a0000649c400050000896e2`,
  'sctp 4': `${IP4}0020000000004084adefc00002070a0000649c40005000000001cc6cd45f`,
  'tcp 6': `${IP6}00140640${ADDRESSES6}9c40005000000001000000015011ffffb6c80000`,
  'udp 6': `${IP6}00081140${ADDRESSES6}9c400050000806d5`,
  'sctp 6': `${IP6}000c8440${ADDRESSES6}9c40005000000001cc6cd45f`,
};

test('a packet of a client has the checksums that others reckon', () => {
  for (const [name, hex] of Object.entries(GOOD)) {
    const [protocol, family] = name.split(' ') as ['tcp' | 'udp' | 'sctp', '4' | '6'];
    const frame = encodeClientFrame({
      protocol,
      flag: 'fin',
      destinationMac: '02:00:00:00:00:01' as Mac,
      sourceMac: '02:00:00:00:00:00' as Mac,
      source: { address: ip(family === '4' ? '192.0.2.7' : '2001:db8::7'), port: 40_000 },
      destination: { address: ip(family === '4' ? '10.0.0.100' : '2001:db8::100'), port: 80 },
    });
    assert.equal(Buffer.from(frame).toString('hex'), hex, name);
  }
  // The check value of the catalogue of CRCs, CRC-32/ISCSI.
  assert.equal(crc32c(new TextEncoder().encode('123456789')), 0xe3069283);
});
