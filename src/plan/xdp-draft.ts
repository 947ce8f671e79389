import { never } from '../base/never.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { IpvsOp } from '../model/ops.ts';
import { type Dest, type DestAttrs, destKey, type ServiceAttrs, serviceKey } from '../model/services.ts';
import type { XdpRefusal, XdpService, XdpServiceKey } from '../model/xdp.ts';
import { refusal, refuseDest, refuseService } from './xdp-refuse.ts';

/** A service as it is to be. */
export interface ServiceDraft {
  readonly key: XdpServiceKey;
  readonly attrs: ServiceAttrs;
  /** By destKey. */
  readonly dests: Map<string, Dest>;
  /** The service that is changed; null where it is made. */
  readonly of: XdpService | null;
}

export interface Drafted {
  /** Services that operations name, by serviceKey, in the order of their first ones; null is no service. */
  readonly drafts: ReadonlyMap<string, ServiceDraft | null>;
  readonly results: readonly Result<void, XdpRefusal>[];
}

/** What the operations make of these services, by serviceKey. Each is refused as the kernel does, or as the plane must. */
export function draftXdp(services: ReadonlyMap<string, XdpService>, ops: readonly IpvsOp[]): Drafted {
  const drafts = new Map<string, ServiceDraft | null>();
  const results = ops.map((op) => {
    const name = namedBy(op);
    const known = drafts.get(name);
    const draft = known === undefined ? draftOf(services.get(name) ?? null) : known;
    const after = applied(draft, op);
    if (!after.ok) return after;
    drafts.set(name, after.value);
    return ok(undefined);
  });
  return { drafts, results };
}

/** The service that an operation changes, by serviceKey. */
export const namedBy = (op: IpvsOp): string =>
  serviceKey('service' in op ? op.service.key : 'of' in op ? op.of : op.key);

/** A service as it is; null where there is none. */
export function draftOf(service: XdpService | null): ServiceDraft | null {
  if (service === null) return null;
  const dests = service.servers.filter(({ state }) => state === 'in');
  return {
    key: service.key,
    attrs: service.attrs,
    dests: new Map(dests.map(({ key, attrs }) => [destKey(key), { key, attrs }])),
    of: service,
  };
}

function applied(draft: ServiceDraft | null, op: IpvsOp): Result<ServiceDraft | null, XdpRefusal> {
  if (op.op === 'newService') {
    if (draft !== null) return err(refusal('EEXIST', 'the service is there already'));
    const { key, attrs } = op.service;
    const refused = refuseService(op.service);
    if (refused !== null || key.kind !== 'address') return err(refused ?? NO_SERVICE);
    return ok({ key, attrs, dests: new Map(), of: null });
  }
  if (draft === null) return err(NO_SERVICE);
  switch (op.op) {
    case 'setService': {
      const refused = refuseService(op.service);
      return refused === null ? ok({ ...draft, attrs: op.service.attrs }) : err(refused);
    }
    case 'delService':
      return ok(null);
    case 'newDest':
    case 'setDest': {
      const name = destKey(op.dest.key);
      if (draft.dests.has(name) && op.op === 'newDest')
        return err(refusal('EEXIST', 'the server is there already'));
      if (!draft.dests.has(name) && op.op === 'setDest') return err(NO_DEST);
      const refused = refuseDest(draft.key, op.dest);
      if (refused !== null) return err(refused);
      draft.dests.set(name, { key: op.dest.key, attrs: told(op.dest.attrs) });
      return ok(draft);
    }
    case 'delDest':
      return draft.dests.delete(destKey(op.key)) ? ok(draft) : err(NO_DEST);
    default:
      return never(op);
  }
}

const NO_SERVICE = refusal('ESRCH', 'there is no such service');
const NO_DEST = refusal('ENOENT', 'there is no such server');

/** Attributes as the kernel tells them: a tunnel of nobody but `tun`, and whole. */
export const told = (attrs: DestAttrs): DestAttrs => ({
  ...attrs,
  tunnel:
    attrs.forward === 'tun' ? (attrs.tunnel ?? { type: 'ipip', port: 0, checksum: 'none' as const }) : null,
});
