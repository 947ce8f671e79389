import type { DesiredService, Dest, DestAttrs, DestKey, ServiceAttrs } from '../model/services.ts';
import { DestIndex } from './dest-index.ts';
import { sameDest, sameService } from './ipvs.ts';

/** A change to one of our services that somebody else made; null where it was or is not there. */
export interface ServiceDrift {
  readonly what: 'service';
  readonly before: ServiceAttrs | null;
  readonly now: ServiceAttrs | null;
  /** How many servers it had, and went with it. */
  readonly servers: number;
}

/** A change to a server of one of our services that somebody else made; null where it was or is not there. */
export interface ServerDrift {
  readonly what: 'server';
  readonly key: DestKey;
  readonly before: DestAttrs | null;
  readonly now: DestAttrs | null;
}

export type Drift = ServiceDrift | ServerDrift;

/**
 * What somebody else changed in a service since we last programmed it or saw it; null is a service that is not
 * there. Servers that went with their service are not told one by one.
 */
export function driftOf(
  programmed: DesiredService | null,
  observed: DesiredService | null,
): readonly Drift[] {
  if (programmed === null && observed === null) return [];
  if (programmed === null || observed === null || !sameService(observed.attrs, programmed.attrs)) {
    const [before, now] = [programmed?.attrs ?? null, observed?.attrs ?? null];
    const servers = observed === null ? (programmed?.dests.length ?? 0) : 0;
    const service: ServiceDrift = { what: 'service', before, now, servers };
    return observed === null ? [service] : [service, ...serverDrift(programmed, observed)];
  }
  return serverDrift(programmed, observed);
}

function serverDrift(programmed: DesiredService | null, observed: DesiredService): readonly ServerDrift[] {
  if (programmed !== null && areSame(programmed.dests, observed.dests)) return [];
  const had = new DestIndex(programmed?.dests);
  const has = new DestIndex(observed.dests);
  const drift: ServerDrift[] = [];
  for (const { key, attrs } of observed.dests) {
    const before = had.get(key)?.attrs ?? null;
    if (before === null || !sameDest(attrs, before)) drift.push({ what: 'server', key, before, now: attrs });
  }
  for (const { key, attrs } of programmed?.dests ?? []) {
    if (!has.has(key)) drift.push({ what: 'server', key, before: attrs, now: null });
  }
  return drift;
}

/** As two readings in a row mostly are, also in their order; no key is made a string for that. */
function areSame(before: readonly Dest[], now: readonly Dest[]): boolean {
  return (
    before.length === now.length &&
    before.every(({ key, attrs }, i) => {
      const other = now[i];
      return (
        other?.key.address === key.address && other.key.port === key.port && sameDest(other.attrs, attrs)
      );
    })
  );
}
