/** RFC 1035 §2.3.4; of a name with the length octet of each label and the zero at its end. */
const LONGEST_LABEL = 63;
const LONGEST_NAME = 255;

/**
 * The labels of a domain name, without the empty one at its end; `.` is the root, which has none. What is not ASCII is
 * taken as UTF-8. Null for an empty label, or one that is too long, or a name that is too long as a whole.
 */
export function dnsLabels(name: string): readonly Uint8Array[] | null {
  if (name === '.') return [];
  const encoder = new TextEncoder();
  const labels = name
    .replace(/\.$/, '')
    .split('.')
    .map((label) => encoder.encode(label));
  const whole = labels.reduce((length, label) => length + 1 + label.length, 1);
  const areSound = labels.every(({ length }) => length > 0 && length <= LONGEST_LABEL);
  return areSound && whole <= LONGEST_NAME ? labels : null;
}
