import type { Ip } from '../../base/ip.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { seconds } from '../../base/units.ts';
import { mistake, type Problem, warning } from '../diagnostic.ts';
import { SERVICE } from '../print/service-text.ts';
import { SCHEDULER_FLAGS, SCHEDULERS, type WrittenService } from '../schema/services.ts';
import { maskLength } from '../subnet.ts';
import { type Checking, INHERITED_READERS } from './compose-check.ts';
import { readCommand } from './compose-command.ts';
import { Broken, type Draft, into } from './compose-draft.ts';
import { type Entrance, readEndpoint } from './compose-endpoint.ts';
import { type Forwarding, readForwarding } from './compose-forward.ts';
import { isOn } from './compose-global.ts';
import { Mark } from './compose-marks.ts';
import { markOf, type Reader, type Readers, readBlock, type Scope } from './compose-scope.ts';
import { readServer, type ServerDraft } from './compose-server.ts';
import { oneOf, read, readWord, sayAt, saySurplus, show, wholeNumber } from './compose-values.ts';
import type { Statement, Word } from './statement.ts';

type SchedulerFlag = WrittenService['scheduler_flags'][number];

/** What the head of a `virtual_server` names. */
export type Head = Entrance | { readonly kind: 'group'; readonly name: string; readonly word: Word };

/** A `virtual_server` as it is being read. */
export interface ServiceDraft extends Checking, Draft {
  readonly head: Head;
  readonly statement: Statement;
  readonly scope: Scope;
  readonly servers: ServerDraft[];
  readonly flags: { readonly flag: SchedulerFlag; readonly mark: Mark }[];
  scheduler?: WrittenService['scheduler'];
  forwarding?: Forwarding;
  protocol?: NonNullable<WrittenService['protocol']>;
  family?: 'inet' | 'inet6';
  ops: boolean;
  weight?: number;
  timeout?: NonNullable<WrittenService['persistence_timeout']>;
  granularity?: number;
  engine?: 'sip';
  /** What has the same name and meaning in YAML. */
  readonly logic: LogicFields;
  sorry?: SorryDraft;
  sorryForwarding?: Forwarding;
}

interface SorryDraft {
  readonly address: Ip;
  readonly port: number | null;
  readonly portWord: Word;
}

type LogicKey =
  | 'quorum'
  | 'hysteresis'
  | 'quorum_up'
  | 'quorum_down'
  | 'sorry_server_inhibit'
  | 'inhibit_on_failure'
  | 'omega'
  | 'ha_suspend'
  | 'mail';
type LogicFields = { -readonly [Key in LogicKey]?: WrittenService[Key] };

export function readService(statement: Statement, head: Head, scope: Scope): ServiceDraft {
  const mark = new Mark(head.word, scope);
  const draft: ServiceDraft = {
    check: {},
    checkMark: mark.with(),
    head,
    statement,
    scope,
    mark,
    servers: [],
    flags: [],
    broken: new Broken(),
    ops: false,
    logic: {},
  };
  mark.inside.set('servers', mark.with());
  readBlock(statement.block ?? [], scope, SERVICE_READERS, draft);
  return draft;
}

const logic = <Key extends LogicKey>(
  key: Key,
  readValue: (statement: Statement, scope: Scope) => WrittenService[Key] | null,
): Reader<ServiceDraft> =>
  into<ServiceDraft, WrittenService[Key]>(key, readValue, (draft, value) => {
    draft.logic[key] = value;
  });

const count = (least: number) => (statement: Statement, scope: Scope) =>
  read(statement, scope, wholeNumber(least, 2_147_483_647))?.value ?? null;

/** A keyword that is true by being there. */
const present = (statement: Statement, scope: Scope): true => {
  saySurplus(statement, scope, 1);
  return true;
};

const LOGIC_READERS: Readers<ServiceDraft> = {
  quorum: logic('quorum', count(1)),
  hysteresis: logic('hysteresis', count(0)),
  quorum_up: logic('quorum_up', readCommand),
  quorum_down: logic('quorum_down', readCommand),
  sorry_server: (statement, draft, scope) => {
    draft.mark.inside.set('sorry_server', markOf(scope, statement));
    const endpoint = readEndpoint(statement, 1, scope);
    if (endpoint === null) return;
    const { address, port, portWord } = endpoint;
    draft.sorry = { address, port: port === 0 ? null : port, portWord };
  },
  sorry_server_inhibit: logic('sorry_server_inhibit', present),
  sorry_server_lvs_method: (statement, draft, scope) => {
    const given = readForwarding(statement, scope);
    if (given !== null) draft.sorryForwarding = given;
  },
  inhibit_on_failure: logic('inhibit_on_failure', isOn),
  omega: logic('omega', present),
  ha_suspend: logic('ha_suspend', present),
  smtp_alert: logic('mail', isOn),
};

const scheduler = into<ServiceDraft, WrittenService['scheduler']>(
  'scheduler',
  (statement, scope) => read(statement, scope, oneOf(SCHEDULERS, 'scheduler', scope))?.value ?? null,
  (draft, value) => {
    draft.scheduler = value;
  },
);
const forwarding: Reader<ServiceDraft> = (statement, draft, scope) => {
  const given = readForwarding(statement, scope);
  if (given !== null) draft.forwarding = given;
  for (const key of ['forward', 'tunnel']) draft.mark.inside.set(key, markOf(scope, statement));
};

const SERVICE_READERS: Readers<ServiceDraft> = {
  ...INHERITED_READERS,
  ...LOGIC_READERS,
  lb_algo: scheduler,
  lvs_sched: scheduler,
  lb_kind: forwarding,
  lvs_method: forwarding,
  ip_family: into(
    'ip_family',
    (statement, scope) => read(statement, scope, oneOf(['inet', 'inet6'], 'family', scope))?.value ?? null,
    (draft, value) => {
      draft.family = value;
    },
  ),
  ops: (statement, draft, scope) => {
    saySurplus(statement, scope, 1);
    draft.ops = true;
    draft.mark.inside.set('ops', markOf(scope, statement));
  },
  protocol: into(
    'protocol',
    (statement, scope) => read(statement, scope, protocolOf(scope))?.value ?? null,
    (draft, value) => {
      draft.protocol = value;
    },
  ),
  persistence_timeout: readPersistence,
  persistence_granularity: into(
    'persistence_granularity',
    (statement, scope) => read(statement, scope, granularity)?.value ?? null,
    (draft, value) => {
      draft.granularity = value;
    },
  ),
  persistence_engine: into(
    'persistence_engine',
    (statement, scope) => read(statement, scope, oneOf(['sip'], 'persistence engine', scope))?.value ?? null,
    (draft, value) => {
      draft.engine = value;
    },
  ),
  weight: into(
    'weight',
    (statement, scope) => read(statement, scope, wholeNumber(0, 2_147_483_647))?.value ?? null,
    (draft, value) => {
      draft.weight = value;
    },
  ),
  ...Object.fromEntries(Object.keys(SCHEDULER_FLAGS).map((flag) => [flag, readFlag])),
  real_server: (statement, draft, scope) => {
    const server = readServer(statement, scope);
    if (server === null) draft.broken.add('servers');
    else draft.servers.push(server);
  },
};

/** keepalived ignores a flag of another scheduler than the one that stands above it. */
function readFlag(statement: Statement, draft: ServiceDraft, scope: Scope): void {
  saySurplus(statement, scope, 1);
  const flag = statement.words[0].text as SchedulerFlag;
  const { scheduler: needed } = SCHEDULER_FLAGS[flag];
  if (needed === null || needed === draft.scheduler) {
    draft.flags.push({ flag, mark: markOf(scope, statement) });
    return;
  }
  // The right scheduler may be what the wrong one was meant to be.
  if (draft.broken.has('scheduler')) return;
  const text = `${flag} is left out, as by keepalived: it needs lb_algo ${needed} above it`;
  sayAt(scope, statement, statement.words[0], warning('entry_skipped', text));
}

const USUAL_TIMEOUT = seconds(360);
const LONGEST_TIMEOUT = 31 * 86_400;

function readPersistence(statement: Statement, draft: ServiceDraft, scope: Scope): void {
  const word = statement.words[1];
  draft.mark.inside.set('persistence_timeout', markOf(scope, statement));
  saySurplus(statement, scope, 2);
  if (word === undefined) draft.timeout = USUAL_TIMEOUT;
  else if (/^0+$/.test(word.text)) {
    const text = '0 is no timeout: the service has no persistence, as with keepalived';
    sayAt(scope, statement, word, warning('value_replaced', text));
  } else {
    const given = readWord(word, statement, scope, wholeNumber(1, LONGEST_TIMEOUT));
    draft.timeout = seconds(given?.value ?? 1);
  }
}

function granularity(word: Word): Result<number, Problem> {
  const length = /^\d{1,3}$/.test(word.text) ? Number(word.text) : maskLength(word.text);
  return length !== null && length >= 1 && length <= 128
    ? ok(length)
    : err(mistake('bad_value', `${show(word)} is no prefix length or netmask`));
}

const PROTOCOLS = { TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' } as const;

type Protocol = (typeof PROTOCOLS)[keyof typeof PROTOCOLS];

/** In capitals or not. */
const protocolOf =
  (scope: Scope) =>
  (word: Word): Result<Protocol, Problem> => {
    const read = oneOf(['TCP', 'UDP', 'SCTP'], 'protocol', scope);
    const upper = read({ ...word, text: word.text.toUpperCase() });
    if (upper.ok) return ok(PROTOCOLS[upper.value]);
    return upper;
  };

/** What all services of a draft share. */
export type SharedFields = Omit<
  WrittenService,
  'address' | 'port' | 'protocol' | 'fwmark' | 'sorry_server' | 'servers'
>;

export function sharedFields(draft: ServiceDraft, isOps: boolean): SharedFields {
  const flags = draft.flags.filter(({ flag }) => {
    const { scheduler } = SCHEDULER_FLAGS[flag];
    return scheduler === null || scheduler === draft.scheduler;
  });
  const list = draft.mark.with(flags.map(({ mark }) => mark));
  draft.mark.inside.set('scheduler_flags', list);
  const { forwarding, granularity, engine, timeout } = draft;
  return {
    ...SERVICE,
    ...draft.logic,
    scheduler: draft.scheduler ?? SERVICE.scheduler,
    scheduler_flags: flags.map(({ flag }) => flag),
    forward: forwarding?.forward ?? SERVICE.forward,
    ops: isOps,
    ...(forwarding?.tunnel === undefined ? {} : { tunnel: forwarding.tunnel }),
    ...(timeout === undefined ? {} : { persistence_timeout: timeout }),
    ...(granularity === undefined ? {} : { persistence_granularity: granularity }),
    ...(engine === undefined ? {} : { persistence_engine: engine }),
  };
}
