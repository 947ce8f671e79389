import { type Ip, ipFromBytes } from '../../base/ip.ts';
import type { ScriptCommand } from '../../model/script.ts';
import { CHECK_INTERVAL } from '../compose/check.ts';
import { warning } from '../diagnostic.ts';
import type { CheckType, WrittenCheck } from '../schema/checks.ts';
import type { WrittenServer } from '../schema/services.ts';
import { type CheckFields, type Checking, INHERITED_READERS } from './compose-check.ts';
import { CHECKER_KEYWORDS, type Checker, finishChecker, readChecker } from './compose-checkers.ts';
import { readCommand } from './compose-command.ts';
import { Broken, type Draft, into } from './compose-draft.ts';
import { readEndpoint } from './compose-endpoint.ts';
import { type Forwarding, readForwarding } from './compose-forward.ts';
import { isOn } from './compose-global.ts';
import { Mark } from './compose-marks.ts';
import { enterKnown, markOf, type Readers, readBlock, type Scope } from './compose-scope.ts';
import { read, wholeNumber } from './compose-values.ts';
import type { Statement, Word } from './statement.ts';

/** A `real_server` as it is being read. */
export interface ServerDraft extends Checking, Draft {
  readonly address: Ip;
  /** Null where the head has none. */
  readonly port: number | null;
  readonly portWord: Word;
  readonly scope: Scope;
  readonly statement: Statement;
  weight?: number;
  forwarding?: Forwarding;
  upper?: number;
  lower?: number;
  inhibits?: boolean;
  notifyUp?: ScriptCommand;
  notifyDown?: ScriptCommand;
  mail?: boolean;
  readonly checkers: Checker[];
}

/** Stands for an address with an error: what is in the block is still read. */
const NOWHERE = ipFromBytes(new Uint8Array(4));

/** Null after an error in the head. */
export function readServer(statement: Statement, scope: Scope): ServerDraft | null {
  const endpoint = readEndpoint(statement, 1, scope);
  const within = enterKnown(scope, statement);
  const mark = new Mark(statement.words[1] ?? statement.words[0], within);
  const draft: ServerDraft = {
    check: {},
    checkMark: mark.with(),
    address: endpoint?.address ?? NOWHERE,
    port: endpoint?.port || null,
    portWord: endpoint?.portWord ?? statement.words[0],
    scope: within,
    statement,
    mark,
    broken: new Broken(),
    checkers: [],
  };
  readBlock(statement.block ?? [], within, SERVER_READERS, draft);
  return endpoint === null ? null : draft;
}

const count = (statement: Statement, scope: Scope): number | null =>
  read(statement, scope, wholeNumber(0, 2_147_483_647))?.value ?? null;

const SERVER_READERS: Readers<ServerDraft> = {
  ...INHERITED_READERS,
  weight: into('weight', count, (draft, value) => {
    draft.weight = value;
  }),
  lvs_method: (statement, draft, scope) => {
    const given = readForwarding(statement, scope);
    if (given !== null) draft.forwarding = given;
    for (const key of ['forward', 'tunnel']) draft.mark.inside.set(key, markOf(scope, statement));
  },
  uthreshold: into('upper_threshold', count, (draft, value) => {
    draft.upper = value;
  }),
  lthreshold: into('lower_threshold', count, (draft, value) => {
    draft.lower = value;
  }),
  inhibit_on_failure: into('inhibit_on_failure', isOn, (draft, value) => {
    draft.inhibits = value;
  }),
  notify_up: into('notify_up', readCommand, (draft, value) => {
    draft.notifyUp = value;
  }),
  notify_down: into('notify_down', readCommand, (draft, value) => {
    draft.notifyDown = value;
  }),
  smtp_alert: into('mail', isOn, (draft, value) => {
    draft.mail = value;
  }),
  ...Object.fromEntries(CHECKER_KEYWORDS.map((keyword) => [keyword, readOne])),
};

function readOne(statement: Statement, draft: ServerDraft, scope: Scope): void {
  const checker = readChecker(statement, scope);
  if (checker !== null) draft.checkers.push(checker);
}

const IPIP = { type: 'ipip', checksum: 'none' } as const;

/** What YAML would say for the server: its port only where that is another than the service's can be. */
export function finishServer(
  draft: ServerDraft,
  service: {
    readonly check: CheckFields;
    readonly tls: CheckFields;
    readonly weight: number;
    readonly forwarding: Forwarding;
  },
): WrittenServer {
  const forwarding = draft.forwarding ?? service.forwarding;
  const isRewritten = forwarding.forward === 'nat' && draft.port !== null;
  // A server's own TUN is plain, whatever tunnel its service has (2.2.7, seen in the table).
  const isPlain = draft.forwarding?.forward === 'tun' && draft.forwarding.tunnel === undefined;
  const tunnel = isPlain ? IPIP : forwarding.tunnel;
  return {
    address: draft.address,
    port: isRewritten && draft.port !== null ? draft.port : undefined,
    weight: draft.weight ?? service.weight,
    forward: forwarding.forward,
    upper_threshold: draft.upper ?? 0,
    lower_threshold: draft.lower ?? 0,
    check: draft.checkers.length === 0 ? 'none' : checksOf(draft, service.check, service.tls),
    inhibit_on_failure: draft.inhibits,
    notify_up: draft.notifyUp,
    notify_down: draft.notifyDown,
    mail: draft.mail,
    tunnel,
  };
}

/**
 * A check takes from its server, and that from its service, what it does not say itself. It goes to the port in the head
 * of the server even where that is not the one that packets are forwarded to (queue_checker in check_api.c).
 */
function checksOf(draft: ServerDraft, service: CheckFields, tls: CheckFields): WrittenCheck[] {
  const { checkers, check, port, mark } = draft;
  const head = port === null ? {} : { connect_port: port };
  const around = hasKeys(check) ? { ...service, ...check } : service;
  const marks: Mark[] = [];
  const written = checkers.flatMap((checker) =>
    finishChecker(checker, around, service.interval ?? CHECK_INTERVAL, tls).map((fields): WrittenCheck => {
      marks.push(checker.checkMark);
      const { type } = checker;
      return PORTS.has(type) ? { type, ...head, ...fields } : { type, ...fields };
    }),
  );
  mark.inside.set('check', mark.with(marks));
  return written;
}

function hasKeys(fields: CheckFields): boolean {
  for (const _ in fields) return true;
  return false;
}

/** The checks that go to a port of the server. */
const PORTS: ReadonlySet<CheckType> = new Set(['tcp', 'http', 'https', 'smtp', 'dns', 'udp']);

/** Says where keepalived takes another port than the head of the server has. */
export function sayForcedPort(
  {
    port,
    portWord,
    scope,
  }: Pick<ServerDraft, 'port' | 'portWord'> & { readonly scope: Pick<Scope, 'notes' | 'path'> },
  forward: string,
  servicePort: number,
): void {
  if (port === null || port === servicePort || forward === 'nat') return;
  const { notes, path } = scope;
  const text =
    servicePort === 0
      ? `forwarding by ${forward.toUpperCase()} does not change the port: it is left out here`
      : `forwarding by ${forward.toUpperCase()} does not change the port: it is ${servicePort} here, as of the service`;
  notes.say(portWord, warning('value_replaced', text), path);
}
