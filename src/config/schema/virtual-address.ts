import { z } from 'zod';
import { type Ip, ipFamily } from '../../base/ip.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { ADDRESS_FLAGS, ADDRESS_SCOPES, type AddressFlag, type AddressScope } from '../../model/addresses.ts';
import { mistake, type Problem } from '../diagnostic.ts';
import { nearest } from '../nearest.ts';
import { maskLength } from '../subnet.ts';
import { deviceName, hostAddress, parsed } from './scalars.ts';

const SCOPES = Object.keys(ADDRESS_SCOPES) as AddressScope[];
const FLAGS = Object.keys(ADDRESS_FLAGS) as AddressFlag[];
/** The kernel's word for ever, in seconds (INFINITY_LIFE_TIME, net/addrconf.h), is one more. */
const LONGEST_LIFETIME = 0xfffffffe;

const mapping = z.strictObject({
  address: parsed(z.string(), parseWithPrefix).describe(
    'Address of either family, with /prefix unless it is 32 or 128',
  ),
  dev: deviceName.optional().describe('Interface to put it on; the interface of the instance unless given'),
  scope: z.enum(SCOPES).prefault('global').describe('As in `ip address`'),
  label: z
    .string()
    // Linux takes any text of up to 15 bytes and answers ERANGE to more (IFA_LABEL, measured on 6.18).
    .regex(/^[!-~]{1,15}$/, 'a label has 1 to 15 characters without spaces')
    .optional()
    .describe('Alias such as eth0:3'),
  broadcast: z
    .union([z.enum(['+', '-']), hostAddress])
    .optional()
    .describe('Broadcast address; + sets all host bits, - clears them'),
  peer: hostAddress.optional().describe('The other end of a point-to-point link'),
  flags: z.array(z.enum(FLAGS)).prefault([]).describe('Flags as in `ip address`: home, nodad, …'),
  preferred_lft: z
    .union([
      z.literal('forever'),
      z.int().min(0).max(LONGEST_LIFETIME),
      parsed(
        z.string().regex(/^\d{1,10}$/, 'a preferred_lft is forever or a number of seconds'),
        (text): Result<number, Problem> =>
          Number(text) <= LONGEST_LIFETIME
            ? ok(Number(text))
            : err(mistake('out_of_range', `${text} is out of range: 0 to ${LONGEST_LIFETIME}`)),
      ),
    ])
    .optional()
    .describe(
      'Seconds for which it is a source of new connections; forever unless given, 0 for an IPv6 address with /128',
    ),
  use_vmac: z
    .boolean()
    .prefault(false)
    .describe('Puts it on an interface with the MAC address of the virtual router above its own'),
  no_track: z.boolean().prefault(false).describe('It is not put back when somebody removes it'),
});

export type WrittenAddress = z.output<typeof mapping>;

/** What both `ip address` and keepalived refuse or forget. */
function checkFamily(written: WrittenAddress): Result<WrittenAddress, Problem> {
  const { address } = written.address;
  const foreign = foreignTo(written);
  if (foreign !== undefined) {
    return err(mistake('mixed_families', `${foreign} is of another family than ${address}`));
  }
  const without = ipFamily(address) === 'inet' ? [] : withoutMeaning(written);
  if (without.length === 0) return ok(written);
  return err(mistake('conflicting_keys', `an IPv6 address has no ${without.join(' and no ')}`));
}

/** What belongs to an address and is of another family; undefined for nothing. */
export const foreignTo = ({ address: { address }, broadcast, peer }: WrittenAddress): Ip | undefined =>
  [broadcast, peer].find(
    (ip): ip is Ip => ip !== undefined && ip !== '+' && ip !== '-' && ipFamily(ip) !== ipFamily(address),
  );

/** What IPv6 addresses do not have, as far as it is given. */
export const withoutMeaning = ({ label, scope, broadcast }: WrittenAddress): readonly string[] => [
  ...(label === undefined ? [] : ['label']),
  ...(scope === 'global' ? [] : ['scope of its own']),
  ...(broadcast === undefined ? [] : ['broadcast address']),
];

/** Where each key of a mapping stands in the text form `address[/prefix] [dev IF] [scope S] [label L] [brd A|+|-] …`. */
const WORDS = {
  dev: 'dev',
  scope: 'scope',
  label: 'label',
  brd: 'broadcast',
  broadcast: 'broadcast',
  peer: 'peer',
  preferred_lft: 'preferred_lft',
} as const;
const FLAG_WORDS: ReadonlyMap<string, AddressFlag> = new Map([
  ...FLAGS.map((flag) => [flag, flag] as const),
  ['-nodad', 'nodad'],
]);
const ALLOWED = [...Object.keys(WORDS), ...FLAG_WORDS.keys(), 'use_vmac', 'no_track'];

/** A virtual address, as a mapping or in keepalived's one-line form. */
const sound = parsed(mapping, checkFamily);
export const virtualAddress = z.union([parsed(z.string(), parseWords).pipe(sound), sound]);

type Words = { address: string; flags: AddressFlag[]; use_vmac?: boolean; no_track?: boolean } & {
  [key in (typeof WORDS)[keyof typeof WORDS]]?: string;
};

function parseWords(text: string): Result<z.input<typeof mapping>, Problem> {
  const [address = '', ...rest] = text.trim().split(/\s+/);
  const read: Words = { address, flags: [] };
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i] ?? '';
    const flag = FLAG_WORDS.get(word);
    if (flag !== undefined) {
      if (!read.flags.includes(flag)) read.flags.push(flag);
      continue;
    }
    if (word === 'no_track' || word === 'use_vmac') {
      read[word] = true;
      continue;
    }
    if (!Object.hasOwn(WORDS, word)) {
      const suggestion = nearest(word, ALLOWED);
      const message = `unknown word "${word}" after an address`;
      return err(mistake('unknown_value', message, { suggestion, allowed: ALLOWED }));
    }
    const key = WORDS[word as keyof typeof WORDS];
    const value = rest[++i];
    if (value === undefined) return err(mistake('bad_value', `"${word}" needs a value after it`));
    if (read[key] !== undefined) return err(mistake('bad_value', `"${word}" is here twice`));
    read[key] = value;
  }
  // Only texts yet: the mapping says which of them it can't take.
  return ok(read as z.input<typeof mapping>);
}

function parseWithPrefix(text: string): Result<{ address: Ip; prefix: number }, Problem> {
  const [host = '', bits, ...rest] = text.split('/');
  const address = hostAddress.safeParse(host);
  if (!address.success) {
    const problem = address.error.issues[0];
    const given = problem?.code === 'custom' ? (problem.params?.['problem'] as Problem) : null;
    return err(given ?? mistake('bad_value', `"${host}" is not an IP address`));
  }
  const most = ipFamily(address.data) === 'inet' ? 32 : 128;
  if (bits === undefined) return ok({ address: address.data, prefix: most });
  const prefix = /^\d{1,3}$/.test(bits) && rest.length === 0 ? Number(bits) : maskLength(bits);
  return prefix === null || prefix > most
    ? err(mistake('bad_value', `"${text.slice(host.length)}" is no prefix length: /0 to /${most}`))
    : ok({ address: address.data, prefix });
}
