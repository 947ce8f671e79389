import { err, ok, type Result } from '../base/result.ts';
import type { IpvsOp } from '../model/ops.ts';
import {
  type Dest,
  type DestAttrs,
  destKey,
  type ServiceAttrs,
  type ServiceKey,
  serviceKey,
} from '../model/services.ts';
import type { XdpRefusal, XdpService, XdpServiceKey } from '../model/xdp.ts';
import { refusal, refuseDest, refuseService } from './xdp-refuse.ts';
import { findServer, type NamedServers, NO_SERVERS, type ServerNames } from './xdp-servers.ts';

/** A service as it is to be. */
export interface ServiceDraft {
  readonly key: XdpServiceKey;
  readonly attrs: ServiceAttrs;
  /** The service that is changed; null where it is made. */
  readonly of: XdpService | null;
  /** The servers of that. */
  readonly before: NamedServers;
  /** By destKey, those that it gets, or has with other attributes; null is one that it loses. */
  readonly dests: Map<string, Dest | null>;
}

export interface Drafted {
  /** Services that operations name, by serviceKey, in the order of their first ones; null is no service. */
  readonly drafts: ReadonlyMap<string, ServiceDraft | null>;
  readonly results: readonly Result<void, XdpRefusal>[];
}

/** What the operations make of these services, by serviceKey. Each is refused as the kernel does, or as the plane must. */
export function draftXdp(
  services: ReadonlyMap<string, XdpService>,
  ops: readonly IpvsOp[],
  names: ServerNames,
): Drafted {
  const drafts = new Map<string, ServiceDraft | null>();
  let key: ServiceKey | null = null;
  let name = '';
  const results = ops.map((op) => {
    // Thousands of servers come with the key of their service, which takes longer to print than all the rest.
    if (keyOf(op) !== key) {
      key = keyOf(op);
      name = serviceKey(key);
    }
    const known = drafts.get(name);
    const draft = known === undefined ? draftOf(services.get(name) ?? null, names) : known;
    if ('of' in op) {
      const refused = draft === null ? NO_SERVICE : changeDest(draft, op);
      if (refused !== null) return err(refused);
      if (known === undefined) drafts.set(name, draft);
      return DONE;
    }
    const after = changeService(draft, op);
    if (!after.ok) return after;
    drafts.set(name, after.value);
    return DONE;
  });
  return { drafts, results };
}

/** The service that an operation changes, by serviceKey. */
export const namedBy = (op: IpvsOp): string => serviceKey(keyOf(op));

const keyOf = (op: IpvsOp): ServiceKey => ('service' in op ? op.service.key : 'of' in op ? op.of : op.key);

/** A service as it is; null where there is none. */
export function draftOf(service: XdpService | null, names: ServerNames): ServiceDraft | null {
  if (service === null) return null;
  const { key, attrs, servers } = service;
  return { key, attrs, of: service, before: names.of(servers), dests: new Map() };
}

const DONE = ok(undefined);

type DestOp = Extract<IpvsOp, { of: ServiceKey }>;
type ServiceOp = Exclude<IpvsOp, DestOp>;

function changeService(draft: ServiceDraft | null, op: ServiceOp): Result<ServiceDraft | null, XdpRefusal> {
  if (op.op === 'newService') {
    if (draft !== null) return err(refusal('EEXIST', 'the service is there already'));
    const { key, attrs } = op.service;
    const refused = refuseService(op.service);
    if (refused !== null || key.kind !== 'address') return err(refused ?? NO_SERVICE);
    return ok({ key, attrs, of: null, before: NO_SERVERS, dests: new Map() });
  }
  if (draft === null) return err(NO_SERVICE);
  if (op.op === 'delService') return ok(null);
  const refused = refuseService(op.service);
  return refused === null ? ok({ ...draft, attrs: op.service.attrs }) : err(refused);
}

/** Changes the draft, or gives why not. */
function changeDest(draft: ServiceDraft, op: DestOp): XdpRefusal | null {
  if (op.op === 'delDest') {
    const name = destKey(op.key);
    if (!has(draft, name)) return NO_DEST;
    draft.dests.set(name, null);
    return null;
  }
  const { key, attrs } = op.dest;
  const name = destKey(key);
  const isNew = op.op === 'newDest';
  if (has(draft, name) === isNew) return isNew ? DEST_EXISTS : NO_DEST;
  const refused = refuseDest(draft.key, op.dest);
  if (refused !== null) return refused;
  const whole = told(attrs);
  draft.dests.set(name, whole === attrs ? op.dest : { key, attrs: whole });
  return null;
}

function has({ dests, before }: ServiceDraft, name: string): boolean {
  const dest = dests.get(name);
  return dest === undefined ? findServer(before, name)?.state === 'in' : dest !== null;
}

const NO_SERVICE = refusal('ESRCH', 'there is no such service');
const NO_DEST = refusal('ENOENT', 'there is no such server');
const DEST_EXISTS = refusal('EEXIST', 'the server is there already');

/** Attributes as the kernel tells them: a tunnel of nobody but `tun`, and whole. */
export function told(attrs: DestAttrs): DestAttrs {
  if (attrs.forward !== 'tun') return attrs.tunnel === null ? attrs : { ...attrs, tunnel: null };
  return attrs.tunnel === null ? { ...attrs, tunnel: { type: 'ipip', port: 0, checksum: 'none' } } : attrs;
}
