/** What a tracked file says. */
export interface FileNumber {
  readonly value: number;
  /** It is empty (or missing), so that nothing is said. */
  readonly absent: boolean;
  /** What is wrong with the file, as a sentence; null for nothing. */
  readonly complaint: string | null;
}

const MOST = 2_147_483_647;

/** The number that the text starts with, within 32 bits; 0 for none. */
export function parseFileNumber(text: string): FileNumber {
  if (text.trim() === '') return { value: 0, absent: true, complaint: null };
  const digits = /^\s*([+-]?\d+)/.exec(text)?.[1];
  if (digits === undefined) {
    return {
      value: 0,
      absent: false,
      complaint: `it does not start with a number: ${JSON.stringify(text.slice(0, 40))}`,
    };
  }
  // + 0: minus zero is zero.
  return { value: Math.max(-MOST, Math.min(MOST, Number(digits))) + 0, absent: false, complaint: null };
}
