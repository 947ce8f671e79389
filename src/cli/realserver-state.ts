import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { z } from 'zod';
import { parseIp } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import { stateFile } from '../ipc/state-file.ts';
import type { RealServerRecord } from '../plan/realserver-record.ts';

/** What `realserver up` remembers for `realserver down`. */
export interface RealServerState {
  /** What is remembered, or why there is nothing. */
  readonly record: Result<RealServerRecord, string>;
  /** Why nothing can be remembered; null where it can. */
  readonly obstacle: string | null;
  save(record: RealServerRecord): Promise<Result<undefined, string>>;
}

const NAME = 'realserver.json';

const address = z.string().transform((text, context) => {
  const parsed = parseIp(text);
  if (parsed !== null) return parsed;
  context.addIssue('no IP address');
  return z.NEVER;
});
const family = z.enum(['inet', 'inet6']);
const schema = z.strictObject({
  schemaVersion: z.literal(1),
  bootId: z.string(),
  netns: z.string(),
  held: z.array(
    z.strictObject({
      address,
      dev: z.string(),
      tunnel: z.strictObject({ type: z.enum(['ipip', 'gre', 'gue']), port: z.int() }).nullable(),
    }),
  ),
  changed: z.array(
    z.discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('sysctl'),
        // It becomes the path of a file that root writes to.
        name: z.string().regex(/^net\.ipv4\.conf\.\w+\.(arp_ignore|arp_announce|rp_filter)$/),
        before: z.string().regex(/^\d+$/),
        value: z.string().regex(/^\d+$/),
      }),
      z.strictObject({ kind: z.literal('link'), dev: z.string() }),
      z.strictObject({ kind: z.literal('gue'), port: z.int(), family }),
    ]),
  ),
});

/** Opens what a directory remembers of this boot and network namespace; the directory is made when something is saved. */
export async function openRealServerState(directory: string): Promise<RealServerState> {
  const file = stateFile(directory, NAME);
  const here = { bootId: bootId(), netns: readlinkSync('/proc/self/ns/net') };
  const save = async (record: RealServerRecord) => {
    const saved = await file.write(`${JSON.stringify({ schemaVersion: 1, ...here, ...record }, null, 2)}\n`);
    return saved.ok ? saved : err(saved.error.because);
  };
  const nothing = (because: string, obstacle: string | null = null) => ({
    record: err(because),
    obstacle,
    save,
  });
  if (!existsSync(directory)) return nothing(`there is no record of what was changed (${file.path})`);
  const read = await file.read();
  if (!read.ok) return nothing(read.error.because, read.error.because);
  if (read.value === null) return nothing(`there is no record of what was changed (${file.path})`);
  const parsed = schema.safeParse(jsonOf(read.value));
  if (!parsed.success) {
    const because = `${file.path} is no record of ours`;
    return nothing(because, `${because}: move it away`);
  }
  const { bootId: boot, netns, held, changed } = parsed.data;
  if (boot !== here.bootId || netns !== here.netns) {
    return nothing(`what was recorded (${file.path}) is of an earlier start or another network namespace`);
  }
  return { record: ok({ held, changed }), obstacle: null, save };
}

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // As any other text that is none of ours.
    return null;
  }
}
