import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wallTime } from '../../../src/base/units.ts';
import type { Preview } from '../../../src/model/preview.ts';
import { countPlan, showPlan } from '../../../src/view/plan.ts';

const NOTHING: Preview = {
  settings: [],
  instances: [],
  services: { available: true, takenAt: wallTime(0), value: [] },
  kept: [],
};

test('showPlan tells what is added, changed and destroyed, and what that cuts', () => {
  const preview: Preview = {
    settings: [{ field: 'drift', before: 'repair', after: 'report' }],
    instances: [
      {
        change: '~',
        name: 'VI_1',
        interface: 'eth0',
        vrid: 51,
        fields: [{ field: 'priority', before: '100', after: '150' }],
        addresses: [
          { change: '+', address: '10.0.0.101/24 dev eth0' },
          { change: '-', address: '10.0.0.100/24 dev eth0' },
        ],
        routes: [{ change: '+', route: 'route 10.9.0.0/16 via 10.0.0.254' }],
        cuts: 'connections to 10.0.0.100/24 dev eth0 end',
      },
    ],
    services: {
      available: true,
      takenAt: wallTime(0),
      value: [
        {
          change: ' ',
          name: 'web',
          key: 'tcp 10.0.0.100:80',
          fields: [],
          servers: [
            {
              change: '+',
              server: '10.0.0.13:80',
              fields: [{ field: 'weight', before: '', after: '1' }],
              drift: false,
              drains: null,
              cuts: 0,
            },
            {
              change: '~',
              server: '10.0.0.11:80',
              fields: [{ field: 'weight', before: '0', after: '2' }],
              drift: true,
              drains: null,
              cuts: 0,
            },
            {
              change: '-',
              server: '10.0.0.12:80',
              fields: [],
              drift: false,
              drains: { activeConns: 12, timeoutMillis: 300_000 },
              cuts: 0,
            },
          ],
          drift: false,
          cuts: null,
        },
      ],
    },
    kept: [{ service: 'mail', key: 'tcp 10.0.0.100:25', server: null, difference: 'removed' }],
  };
  assert.equal(
    showPlan(preview),
    `settings:
  ~ drift: repair → report

vrrp:
  ~ VI_1 (eth0, 51)  ! connections to 10.0.0.100/24 dev eth0 end
      ~ priority: 100 → 150
      + 10.0.0.101/24 dev eth0
      - 10.0.0.100/24 dev eth0
      + route 10.9.0.0/16 via 10.0.0.254

services:
    web (tcp 10.0.0.100:80)
      + 10.0.0.13:80  weight 1
      ~ 10.0.0.11:80  weight 0 → 2  (drift)
      - 10.0.0.12:80  drained first: 12 active, at most 300s

kept as changed by hand (drift: adopt):
  mail (tcp 10.0.0.100:25): removed

Plan: 3 to add, 3 to change, 2 to destroy.
`,
  );
  assert.deepEqual(countPlan(preview), { add: 3, change: 3, destroy: 2 });
});

test('showPlan says that there is nothing to change only where it could compare', () => {
  assert.equal(showPlan(NOTHING), 'No changes: what runs, the file and the kernel agree.\n');
  const kept = [
    {
      service: 'web',
      key: 'tcp 10.0.0.100:80',
      server: '10.0.0.11:80',
      difference: 'weight 77 instead of 1',
    },
    { service: 'web', key: 'tcp 10.0.0.100:80', server: '10.0.0.12:80', difference: 'removed' },
  ];
  const adopted: Preview = { ...NOTHING, kept };
  assert.equal(
    showPlan(adopted),
    `kept as changed by hand (drift: adopt):
  web (tcp 10.0.0.100:80) 10.0.0.11:80: weight 77 instead of 1
  web (tcp 10.0.0.100:80) 10.0.0.12:80: removed

No changes: what runs, the file and the kernel agree, but for 2 changes by hand that are kept.
`,
  );
  assert.deepEqual(countPlan(adopted), { add: 0, change: 0, destroy: 0 }, 'which is exit code 0');
  const blind: Preview = { ...NOTHING, services: { available: false, reason: 'this kernel has no IPVS' } };
  assert.equal(
    showPlan(blind),
    'services: cannot be compared: this kernel has no IPVS\n\nPlan: 0 to add, 0 to change, 0 to destroy.\n',
  );
});
