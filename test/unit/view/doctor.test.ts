import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Diagnosis } from '../../../src/model/doctor.ts';
import { showDiagnosis, showDiagnosisJson } from '../../../src/view/doctor.ts';

const DIAGNOSIS: Diagnosis = {
  findings: [
    {
      ...{ severity: 'error', code: 'firewall_vrrp', text: 'the packet filter drops our adverts' },
      ...{ fix: 'nft insert rule', evidence: ['policy drop'] },
    },
    { severity: 'hint', code: 'tunnel_mtu', text: 'packets do not fit', fix: null, evidence: [] },
  ],
  looked: ['lbd', 'packet filter'],
  missed: [{ what: 'clock', because: 'nobody says' }],
};

test('showDiagnosis gives each finding its evidence and fix, and says what it did not look at', () => {
  assert.equal(
    showDiagnosis(DIAGNOSIS),
    `error: the packet filter drops our adverts [firewall_vrrp]
  seen: policy drop
  fix:  nft insert rule

hint: packets do not fit [tunnel_mtu]

looked at: lbd; packet filter
not looked at: clock (nobody says)
1 error, 1 hint.
`,
  );
  assert.equal(showDiagnosis({ findings: [], looked: [], missed: [] }), 'Nothing was found.\n');
});

test('showDiagnosisJson counts by severity', () => {
  const { schema_version, errors, warnings, hints, findings } = JSON.parse(showDiagnosisJson(DIAGNOSIS));
  assert.deepEqual([schema_version, errors, warnings, hints, findings.length], [1, 1, 0, 1, 2]);
});
