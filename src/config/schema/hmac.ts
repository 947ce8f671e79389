import { z } from 'zod';
import { err, ok, type Result } from '../../base/result.ts';
import { seconds } from '../../base/units.ts';
import { mistake, type Problem } from '../diagnostic.ts';
import { duration, parsed, SECOND } from './scalars.ts';

/** A key of auth_hmac: 32 to 64 bytes. No message quotes it. */
export const hmacKey = parsed(
  z.string(),
  (text): Result<string, Problem> =>
    isKeyText(text)
      ? ok(text)
      : err(
          mistake(
            'bad_value',
            'a key is 32 to 64 characters, hex: with 64 to 128 digits, or file: and a path',
          ),
        ),
);

const isKeyText = (text: string): boolean => {
  if (text.startsWith('file:')) return text.length > 'file:'.length;
  if (text.startsWith('hex:')) return /^([0-9a-f]{2}){32,64}$/i.test(text.slice('hex:'.length));
  return /^[ -~]{32,64}$/.test(text);
};

const keyId = z.string().regex(/^([1-9]\d?|1\d\d|2[0-4]\d|25[0-5])$/, 'the number of a key is 1 to 255');

/** Signed adverts, in the words of keepalived 2.4. */
export const hmacSchema = z.strictObject({
  keys: parsed(
    z.record(keyId, hmacKey),
    (keys): Result<Readonly<Record<string, string>>, Problem> =>
      Object.keys(keys).length > 0 ? ok(keys) : err(mistake('missing_key', 'auth_hmac needs a key')),
  ).describe(
    'Keys by their numbers, the same on all nodes: 32 to 64 characters, hex: and digits, or file: and a path',
  ),
  active_key: z.int().min(1).max(255).describe('Number of the key that signs'),
  anti_replay: z
    .enum(['time', 'monotonic'])
    .prefault('time')
    .describe('time: fresh by the clock, and newer than the last; monotonic: newer than the last'),
  time_window: duration({ least: SECOND, most: seconds(300), step: SECOND })
    .optional()
    .describe('How old an advert may be; three advert_int, at least 5s, unless given'),
  mode: z
    .enum(['enforce', 'permissive', 'receive-only'])
    .prefault('enforce')
    .describe(
      'enforce refuses unsigned adverts, permissive accepts them, receive-only accepts them and does not sign',
    ),
});

export type WrittenHmac = z.output<typeof hmacSchema>;
