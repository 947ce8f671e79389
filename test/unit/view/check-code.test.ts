import assert from 'node:assert/strict';
import { test } from 'node:test';
import { millis, wallTime } from '../../../src/base/units.ts';
import type { ProbeKind } from '../../../src/model/check.ts';
import type { ProbeLayer, ProbeResult } from '../../../src/model/probe.ts';
import { showCheckCode } from '../../../src/view/check-code.ts';

test('showCheckCode says it in the words of HAProxy', () => {
  const code = (
    type: ProbeKind,
    result: ProbeResult,
    of: number | null = null,
    layer: ProbeLayer | null = null,
  ) =>
    showCheckCode(type, {
      ...{ at: wallTime(0), latency: millis(1), detail: '', result, code: of, layer },
      verdict: result === 'connected' || result === 'ok' ? 'pass' : 'fail',
    });
  assert.equal(showCheckCode('tcp', null), 'INI');
  const rows: readonly (readonly [string, string])[] = [
    [code('tcp', 'connected'), 'L4OK'],
    [code('tcp', 'refused'), 'L4CON'],
    [code('tcp', 'timeout'), 'L4TOUT'],
    [code('tcp', 'unreachable'), 'L4CON'],
    [code('tcp', 'error'), 'SOCKERR'],
    [code('http', 'ok', 200, 7), 'L7OK/200'],
    [code('http', 'mismatch', 404, 7), 'L7STS/404'],
    [code('http', 'timeout', null, 4), 'L4TOUT'],
    [code('http', 'timeout', null, 6), 'L6TOUT'],
    [code('http', 'timeout', null, 7), 'L7TOUT'],
    [code('http', 'reset', null, 4), 'L4CON'],
    [code('http', 'reset', null, 7), 'L7RSP'],
    [code('http', 'tls', null, 6), 'L6RSP'],
    [code('http', 'protocol', null, 7), 'L7RSP'],
    [code('smtp', 'mismatch', 554, 7), 'L7STS/554'],
    [code('dns', 'mismatch', 3), 'L7STS/3'],
    [code('dns', 'timeout'), 'L7TOUT'],
    [code('dns', 'refused'), 'L4CON'],
    [code('udp', 'ok'), 'L4OK'],
    [code('udp', 'mismatch'), 'L7RSP'],
    [code('ping', 'ok'), 'L3OK'],
    [code('ping', 'timeout'), 'L3TOUT'],
    [code('ping', 'unreachable'), 'L3CON'],
    [code('misc', 'ok', 0), 'PROCOK/0'],
    [code('misc', 'mismatch', 1), 'PROCERR/1'],
    [code('misc', 'timeout'), 'PROCTOUT'],
    [code('misc', 'error'), 'PROCERR'],
    [code('file', 'mismatch'), 'DOWN'],
    [code('bfd', 'ok'), 'UP'],
  ];
  assert.deepEqual(
    rows.map(([said]) => said),
    rows.map(([, expected]) => expected),
  );
});
