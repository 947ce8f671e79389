import type { Diagnosis, Finding, FindingCode, Severity } from '../../model/doctor.ts';

/** One part of a diagnosis was looked at: with what was found. */
export const looked = (what: string, findings: readonly Finding[]): Diagnosis => ({
  findings,
  looked: [what],
  missed: [],
});

/** One part was not looked at: why. */
export const missed = (what: string, because: string): Diagnosis => ({
  findings: [],
  looked: [],
  missed: [{ what, because }],
});

/** A part that does not concern this set-up. */
export const NOTHING: Diagnosis = { findings: [], looked: [], missed: [] };

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, hint: 2 };

/** All parts as one, the worst findings first. */
export function combine(parts: readonly Diagnosis[]): Diagnosis {
  return {
    findings: parts
      .flatMap(({ findings }) => findings)
      .toSorted((a, b) => RANK[a.severity] - RANK[b.severity]),
    looked: parts.flatMap((part) => part.looked),
    missed: parts.flatMap((part) => part.missed),
  };
}

export const finding = (
  severity: Severity,
  code: FindingCode,
  text: string,
  fix: string | null = null,
  evidence: readonly string[] = [],
): Finding => ({ severity, code, text, fix, evidence });

/** A command that can be run as it is printed: what is to be said besides is a comment to the shell. */
export const command = (words: string, besides: string): string => `${words}  # ${besides}`;

/** Sets a sysctl now, and says how at each start. */
export const setSysctl = (...settings: readonly string[]): string =>
  command(`sysctl -w ${settings.join(' ')}`, 'and into a file of /etc/sysctl.d');
