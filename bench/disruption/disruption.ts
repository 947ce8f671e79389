import type { Ip } from '../../src/base/ip.ts';
import type { IpvsOp } from '../../src/model/ops.ts';
import { type Dest, destKey } from '../../src/model/services.ts';
import { ACK, ethernet, ipv4, SYN, tcp } from '../../test/xdp/frames.ts';
import {
  attrsOf,
  BenchPlane,
  CLIENT_MAC,
  DIRECTOR_MAC,
  destOf,
  destsOf,
  keyOf,
  LOOPBACK,
  slotMac,
} from '../packets/plane.ts';
import { figure, type Progress, type Report, type Target } from '../report/report.ts';

const FLOWS = 100_000;
const SERVERS = 100;
const VICTIM = 41;
const SCHEDULERS = ['mh', 'sh', 'rr'];

const VIP = '10.64.0.0' as Ip;
const of = keyOf(VIP);
const all = destsOf(SERVERS);
const victim = destOf(VICTIM);
const others = all.filter((_, n) => n !== VICTIM);
const heavier = destOf(VICTIM, { weight: 2 });
const added = destOf(SERVERS);

/** One change of the service, as the file has it after that, and as it is told to the plane. */
interface Step {
  readonly configured: readonly Dest[];
  readonly ops: readonly IpvsOp[];
}

interface Happening {
  readonly name: string;
  readonly steps: readonly Step[];
  /** After the steps, another director with the same key, the same servers, and no flows has all of it. */
  readonly changesDirector: boolean;
  /** Those whose server goes away cannot stay. */
  readonly losesVictim: boolean;
}

const down: Step = { configured: all, ops: [{ op: 'delDest', of, key: victim.key }] };
const up: Step = { configured: all, ops: [{ op: 'newDest', of, dest: victim }] };
const gone: Step = { configured: others, ops: down.ops };
const more: Step = { configured: [...all, added], ops: [{ op: 'newDest', of, dest: added }] };
const weighted: Step = {
  configured: all.map((dest) => (dest === all[VICTIM] ? heavier : dest)),
  ops: [{ op: 'setDest', of, dest: heavier }],
};

const happening = (name: string, steps: readonly Step[], changesDirector = false): Happening => ({
  name,
  steps,
  changesDirector,
  losesVictim: steps.some((step) => step.ops === down.ops),
});

const HAPPENINGS: readonly Happening[] = [
  happening('a server fails and recovers', [down, up]),
  happening('a server is removed', [gone]),
  happening('a server is added', [more]),
  happening('a weight is doubled', [weighted]),
  happening('another director', [], true),
  happening('a server fails, then another director', [down], true),
  happening('a server is added, then another director', [more], true),
];

/** Flows that went to another server: those of the server that went away, and the others. */
interface Moved {
  readonly scheduler: string;
  readonly happening: string;
  readonly own: number;
  readonly collateral: number;
}

function frameOf(flags: number): Uint8Array {
  const link = { destination: DIRECTOR_MAC, source: CLIENT_MAC };
  const ip = { source: '198.18.0.0' as Ip, destination: VIP, protocol: 6 };
  return ethernet(link, ipv4(ip, tcp(4000, 80, flags)));
}

/** A packet of every flow goes through the program: where to. */
function send(plane: BenchPlane, flags: number): readonly string[] {
  const servers = plane.servers();
  const frame = frameOf(flags);
  const view = new DataView(frame.buffer, frame.byteOffset);
  return Array.from({ length: FLOWS }, (_, flow) => {
    view.setUint32(SOURCE_AT, CLIENTS + flow);
    const after = plane.run(frame);
    const slot = ((after[3] ?? 0) << 16) | ((after[4] ?? 0) << 8) | (after[5] ?? 0);
    // The third byte of slotMac, which the director's own address has not.
    const server = after[2] === 1 ? servers.get(slot) : undefined;
    if (server === undefined) throw new Error(`flow ${flow} went to no server`);
    return server;
  });
}

/** Of the source address in a frame. */
const SOURCE_AT = 26;
/** 198.18.0.0 and up. */
const CLIENTS = 0xc612_0000;

const flowsOf = (servers: readonly string[], server: string): number[] =>
  servers.flatMap((each, flow) => (each === server ? [flow] : []));

function planeOf(scheduler: string, dests: readonly Dest[]): BenchPlane {
  const plane = new BenchPlane({ servers: 512, services: 4 }, { ifindex: LOOPBACK, macOf: slotMac });
  plane.open([{ address: VIP, attrs: attrsOf(scheduler), dests }]);
  return plane;
}

function measure(scheduler: string, { name, steps, changesDirector, losesVictim }: Happening): Moved {
  const plane = planeOf(scheduler, all);
  send(plane, SYN);
  let before = send(plane, ACK);
  const own = new Set(losesVictim ? flowsOf(before, destKey(victim.key)) : []);
  const moved = new Set<number>();
  const look = (after: readonly string[]): void => {
    for (let flow = 0; flow < FLOWS; flow++) if (after[flow] !== before[flow]) moved.add(flow);
    before = after;
  };
  for (const { configured, ops } of steps) {
    plane.configure(VIP, configured);
    plane.perform(ops);
    look(send(plane, ACK));
  }
  if (changesDirector) {
    const other = planeOf(scheduler, all);
    for (const { configured, ops } of steps) {
      other.configure(VIP, configured);
      other.perform(ops);
    }
    look(send(other, ACK));
    other.close();
  }
  plane.close();
  const collateral = [...moved].filter((flow) => !own.has(flow)).length;
  return { scheduler, happening: name, own: moved.size - collateral, collateral };
}

const COLLATERAL = 'collateral';
const programOf = (scheduler: string): string => `lbd, ${scheduler}`;

/** Of rr another director can know nothing; of mh and sh not which flows came before the last server was added. */
const isKnown = (scheduler: string, { steps, changesDirector }: Happening): boolean =>
  !changesDirector || (scheduler !== 'rr' && !steps.includes(more));

/** How many of 100,000 established flows go to another server when something changes. Takes no options. */
export async function measureDisruption(_: readonly string[], progress: Progress): Promise<Report> {
  const pairs = HAPPENINGS.flatMap((each) => SCHEDULERS.map((scheduler) => [scheduler, each] as const));
  const measured = pairs.map(([scheduler, each]) => {
    progress(`${each.name}, ${scheduler}`);
    return measure(scheduler, each);
  });
  const targets = pairs
    .filter(([scheduler, each]) => isKnown(scheduler, each))
    .map(
      ([scheduler, { name }]): Target => ({
        case: name,
        program: programOf(scheduler),
        column: COLLATERAL,
        at: 'most',
        limit: 0,
      }),
    );
  return {
    name: 'disruption',
    measures:
      'How many of 100,000 established flows to 100 servers go to another server when a server fails, is removed, added or weighted, or the director changes: own flows are those of the server that went away, collateral are all others.',
    limits: 'What a director without the flows cannot know.',
    tables: [
      {
        title: 'Of 100,000 flows',
        columns: [
          { name: COLLATERAL, unit: 'flows', better: 'less', exact: true },
          { name: 'own', unit: 'flows', better: null },
        ],
        rows: measured.map(({ scheduler, happening: name, own, collateral }) => ({
          case: name,
          program: programOf(scheduler),
          cells: [figure(collateral), figure(own)],
        })),
        targets,
      },
    ],
  };
}
