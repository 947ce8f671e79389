import type { Diagnosis, Finding, Severity } from '../model/doctor.ts';
import { showJson } from './status-json.ts';

/**
 * A diagnosis as people read it: a paragraph per finding, what was looked at and what was not, and a last line that
 * sums up.
 */
export function showDiagnosis(diagnosis: Diagnosis): string {
  const { findings, looked, missed } = diagnosis;
  return [
    ...findings.map((finding) => `${showFinding(finding)}\n`),
    ...(looked.length === 0 ? [] : [`looked at: ${looked.join('; ')}\n`]),
    ...missed.map(({ what, because }) => `not looked at: ${what} (${because})\n`),
    `${showSum(diagnosis)}\n`,
  ].join('');
}

/** The same for programs, with the numbers of findings. */
export const showDiagnosisJson = (diagnosis: Diagnosis): string =>
  showJson({
    schemaVersion: 1,
    errors: count(diagnosis, 'error'),
    warnings: count(diagnosis, 'warning'),
    hints: count(diagnosis, 'hint'),
    ...diagnosis,
  });

export const count = ({ findings }: Diagnosis, severity: Severity): number =>
  findings.filter((one) => one.severity === severity).length;

const showFinding = ({ severity, code, text, fix, evidence }: Finding): string =>
  [
    `${severity}: ${text} [${code}]`,
    ...evidence.map((line) => `  seen: ${line}`),
    ...(fix === null ? [] : [`  fix:  ${fix}`]),
    '',
  ].join('\n');

function showSum(diagnosis: Diagnosis): string {
  const parts = (['error', 'warning', 'hint'] as const).flatMap((severity) => {
    const many = count(diagnosis, severity);
    return many === 0 ? [] : [`${many} ${severity}${many === 1 ? '' : 's'}`];
  });
  return parts.length === 0 ? 'Nothing was found.' : `${parts.join(', ')}.`;
}
