import { z } from 'zod';
import type { Ip } from '../../base/ip.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { ADDRESS_SCOPES, type AddressScope } from '../../model/addresses.ts';
import { mistake, type Problem } from '../diagnostic.ts';
import { nearest } from '../nearest.ts';
import { maskLength } from '../subnet.ts';
import { deviceName, ipv4Address, parsed } from './scalars.ts';

const SCOPES = Object.keys(ADDRESS_SCOPES) as AddressScope[];

const mapping = z.strictObject({
  address: parsed(z.string(), parseWithPrefix).describe('Address, with /prefix unless it is 32'),
  dev: deviceName.optional().describe('Interface to put it on; the interface of the instance unless given'),
  scope: z.enum(SCOPES).prefault('global').describe('As in `ip address`'),
  label: z
    .string()
    // Linux takes any text of up to 15 bytes and answers ERANGE to more (IFA_LABEL, measured on 6.18).
    .regex(/^[!-~]{1,15}$/, 'a label has 1 to 15 characters without spaces')
    .optional()
    .describe('Alias such as eth0:3'),
  broadcast: z
    .union([z.enum(['+', '-']), ipv4Address])
    .optional()
    .describe('Broadcast address; + sets all host bits, - clears them'),
});

export type WrittenAddress = z.output<typeof mapping>;
/** Where each key of a mapping stands in the text form `address[/prefix] [dev IF] [scope S] [label L] [brd A|+|-]`. */
const WORDS = {
  dev: 'dev',
  scope: 'scope',
  label: 'label',
  brd: 'broadcast',
  broadcast: 'broadcast',
} as const;

/** A virtual address, as a mapping or in keepalived's one-line form. */
export const virtualAddress = z.union([parsed(z.string(), parseWords).pipe(mapping), mapping]);

type Words = { address: string } & { [key in (typeof WORDS)[keyof typeof WORDS]]?: string };

function parseWords(text: string): Result<z.input<typeof mapping>, Problem> {
  const [address = '', ...rest] = text.trim().split(/\s+/);
  const read: Words = { address };
  for (let i = 0; i < rest.length; i += 2) {
    const word = rest[i] ?? '';
    const value = rest[i + 1];
    if (!Object.hasOwn(WORDS, word)) {
      const allowed = Object.keys(WORDS);
      const suggestion = nearest(word, allowed);
      return err(
        mistake('unknown_value', `unknown word "${word}" after an address`, { suggestion, allowed }),
      );
    }
    const key = WORDS[word as keyof typeof WORDS];
    if (value === undefined) return err(mistake('bad_value', `"${word}" needs a value after it`));
    if (read[key] !== undefined) return err(mistake('bad_value', `"${word}" is here twice`));
    read[key] = value;
  }
  // Only texts yet: the mapping says which of them it can't take.
  return ok(read as z.input<typeof mapping>);
}

function parseWithPrefix(text: string): Result<{ address: Ip; prefix: number }, Problem> {
  const [host = '', bits, ...rest] = text.split('/');
  const address = ipv4Address.safeParse(host);
  if (!address.success) {
    const problem = address.error.issues[0];
    const given = problem?.code === 'custom' ? (problem.params?.['problem'] as Problem) : null;
    return err(given ?? mistake('bad_value', `"${host}" is not an IPv4 address`));
  }
  if (bits === undefined) return ok({ address: address.data, prefix: 32 });
  const prefix = /^\d{1,2}$/.test(bits) && rest.length === 0 ? Number(bits) : maskLength(bits);
  return prefix === null || prefix > 32
    ? err(mistake('bad_value', `"${text.slice(host.length)}" is no prefix length: /0 to /32`))
    : ok({ address: address.data, prefix });
}
