import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { printRoute } from '../../../../src/config/routes/print-route.ts';
import { printRule } from '../../../../src/config/routes/print-rule.ts';
import { configOf, instance, readText, say } from './compose-text.ts';

const block = (keyword: string, ...lines: readonly string[]): string =>
  `${keyword} {\n${lines.join('\n')}\n}\n`;

describe('readKeepalived, of routes and rules', () => {
  test('numbers rules without a preference through the file, static ones first', () => {
    const own = block('virtual_rules', 'from 10.2.0.0/16 table 2', 'iif eth1 table 3 priority 7');
    const { instances, statics } = configOf(
      `${instance(own)}${block('static_rules', 'to 10.1.0.0/16 table 1')}${block('static_routes', '10.3.0.0/16 gw 10.0.0.9')}`,
    );
    assert.deepEqual(statics.rules.map(printRule), ['to 10.1.0.0/16 table 1 preference 16384']);
    assert.deepEqual(statics.routes.map(printRoute), ['10.3.0.0/16 via 10.0.0.9']);
    assert.deepEqual(instances[0]?.rules.map(printRule), [
      'from 10.2.0.0/16 table 2 preference 16383',
      'iif eth1 table 3 preference 7',
    ]);
  });

  test("knows a table by its name in the machine's rt_tables", () => {
    const text = instance(block('virtual_routes', '10.1.0.0/16 dev eth1 table small'));
    const { config } = readText(text, { '/etc/iproute2/rt_tables': '254 main\n42 small\n' });
    assert.equal(config?.instances[0]?.routes[0]?.table, 42);
    assert.equal(readText(text).config, null);
  });

  test('skips a line with a malformed address, as keepalived does, and refuses any other mistake', () => {
    const skipped = readText(block('static_rules', 'from 192.168.100./24 table 1', 'to 10.0.0.0/8 table 1'));
    assert.deepEqual(skipped.diagnostics.map(say), [
      '2:6 warning entry_skipped: "192.168.100." is not an IP address: this line is skipped, as by keepalived',
    ]);
    assert.equal(skipped.config?.statics.rules.length, 1);
    assert.deepEqual(
      skipped.leftOut.map(({ text }) => text),
      ['from 192.168.100./24 table 1'],
    );
    const refused = readText(block('static_routes', '10.1.0.0/16 dev eth1 track_group G vrf blue'));
    assert.deepEqual(refused.diagnostics.map(say), [
      '2:22 warning no_effect_here: "track_group" of a route or rule has no effect here: what is lost is put back, and makes no instance fail',
      '2:36 error not_supported: "vrf" of a route is not supported',
    ]);
  });
});
