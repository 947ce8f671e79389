import type { HmacKey } from '../../model/config.ts';

/** A key as text, or as digits where it is none. */
export function keyText(secret: HmacKey['secret']): string {
  if (secret.kind === 'file') return `file:${secret.path}`;
  const text = String.fromCharCode(...secret.bytes);
  return /^(?!hex:|file:)[!-~]+$/.test(text)
    ? text
    : `hex:${[...secret.bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
