import assert from 'node:assert/strict';
import { test } from 'node:test';
import { showConnection, showConnectionsTitle } from '../../../src/view/ipvsadm-connections.ts';
import { parseConnection } from '../../../src/wire/ipvs/connection.ts';

/** As Linux 6.1 has it in /proc/net/ip_vs_conn, and what ipvsadm 1.31 -Lnc --persistent-conn prints of it. */
const SEEN = [
  'TCP C6336401 C350 C000020A 0050 0A00000B 1F90 ESTABLISHED     897',
  'TCP C6336402 0000 C000020A 01BB 0A00000B 1F90 NONE             59',
  'UDP C6336403 13C4 C000020A 13C4 0A00001F 13C4 UDP             299 sip 5a2b3c@host',
  'TCP 2001:0db8:0000:0000:0000:0000:0000:0007 9C40 2001:0db8:0000:0000:0000:0000:0000:0080 0050 2001:0db8:aaaa:bbbb:cccc:dddd:eeee:ffff 0050 FIN_WAIT       6120',
];
const PRINTED = `IPVS connection entries
pro expire state       source             virtual            destination        pe name          pe_data
TCP 14:57  ESTABLISHED 198.51.100.1:50000 192.0.2.10:80      10.0.0.11:8080
TCP 00:59  NONE        198.51.100.2:0     192.0.2.10:443     10.0.0.11:8080
UDP 04:59  UDP         198.51.100.3:5060  192.0.2.10:5060    10.0.0.31:5060   sip                5a2b3c@host
TCP 102:00 FIN_WAIT    [2001:db8::7]:40000 [2001:db8::80]:80  [2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:80
`;

test('parseConnection and showConnection make of the kernel file what ipvsadm makes of it', () => {
  const shown = (engines: boolean) =>
    showConnectionsTitle(engines) +
    SEEN.map((line) => {
      const connection = parseConnection(line);
      assert.ok(connection !== null, line);
      return showConnection(connection, engines);
    }).join('');
  assert.equal(shown(true), PRINTED);
  assert.equal(
    shown(false),
    PRINTED.replace('destination        pe name          pe_data', 'destination').replace(
      /(10\.0\.0\.31:5060) .*/,
      '$1',
    ),
  );
});

test('parseConnection takes no title and nothing that is cut off', () => {
  const [line = ''] = SEEN;
  const title = 'Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData';
  for (const other of [title, '', line.slice(0, 40), line.replace('897', 'x'), line.replace('C350', 'C35')]) {
    assert.equal(parseConnection(other), null, other);
  }
});
