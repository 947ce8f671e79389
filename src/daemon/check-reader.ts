import { err, ok, type Result } from '../base/result.ts';
import type { KernelError } from '../kernel/error.ts';
import type { Ipvs, IpvsUnavailable } from '../kernel/ipvs.ts';
import { type ObservedService, type ObservedTable, type ServiceKey, serviceKey } from '../model/services.ts';
import type { Part } from '../model/status.ts';
import type { CheckPorts } from './check-ports.ts';

/** The services that something is about: only these, or the whole table. */
export type Scope = 'all' | readonly ServiceKey[];

export const union = (a: Scope, b: Scope): Scope => (a === 'all' || b === 'all' ? 'all' : [...a, ...b]);

/** More services than this are read with the whole table. */
const SINGLY = 32;

export interface Reading {
  /** At least what was asked for. */
  readonly scope: Scope;
  /** The services of the scope as they are now, the others as they were read last. */
  readonly table: ObservedTable;
}

/** Reads the kernel's table, and knows it as it was last read. */
export class CheckReader {
  readonly #ports: Pick<CheckPorts, 'clock' | 'openIpvs'>;
  #ipvs: Ipvs | null = null;
  #opening: Promise<Result<Ipvs, IpvsUnavailable>> | null = null;
  #last: Part<ObservedTable> = { available: false, reason: 'the table has not been read yet' };

  constructor(ports: Pick<CheckPorts, 'clock' | 'openIpvs'>) {
    this.#ports = ports;
  }

  /** The table as it was last read. */
  get last(): Part<ObservedTable> {
    return this.#last;
  }

  open(): Promise<Result<Ipvs, IpvsUnavailable>> {
    if (this.#ipvs !== null) return Promise.resolve(ok(this.#ipvs));
    this.#opening ??= this.#ports.openIpvs().then((opened) => {
      this.#opening = null;
      if (opened.ok) this.#ipvs = opened.value;
      return opened;
    });
    return this.#opening;
  }

  /** The table as it is now, or why it cannot be read; for people, not for planning. */
  async show(): Promise<Part<ObservedTable>> {
    const opened = await this.open();
    if (!opened.ok) return { available: false, reason: opened.error.message };
    const takenAt = this.#ports.clock.wall();
    const dumped = await opened.value.dump();
    return dumped.ok ? { available: true, takenAt, value: dumped.value } : unread(dumped.error);
  }

  /** Reads the services of the scope anew. */
  async read(ipvs: Ipvs, scope: Scope): Promise<Result<Reading, KernelError>> {
    const names = new Map(scope === 'all' ? [] : scope.map((key) => [serviceKey(key), key]));
    if (scope === 'all' || names.size > SINGLY || !this.#last.available) return this.#readAll(ipvs);
    const { takenAt, value } = this.#last;
    let table: ObservedTable = value;
    for (const [name, key] of names) {
      const read = await ipvs.dumpService(key);
      if (!read.ok) return this.#unread(read.error);
      table = withService(table, name, read.value);
    }
    this.#last = { available: true, takenAt, value: table };
    return ok({ scope, table });
  }

  /** What keeps the table that was read from forwarding some packets. */
  problems(): readonly string[] {
    return this.#ipvs?.problems?.() ?? [];
  }

  /** IPVS is not there, or not any more: it is opened anew for the next reading. */
  lose(reason: string): void {
    this.close();
    this.#last = { available: false, reason };
  }

  close(): void {
    this.#ipvs?.close();
    this.#ipvs = null;
  }

  async #readAll(ipvs: Ipvs): Promise<Result<Reading, KernelError>> {
    const takenAt = this.#ports.clock.wall();
    const dumped = await ipvs.dump();
    if (!dumped.ok) return this.#unread(dumped.error);
    this.#last = { available: true, takenAt, value: dumped.value };
    return ok({ scope: 'all', table: dumped.value });
  }

  #unread(error: KernelError): Result<never, KernelError> {
    this.#last = unread(error);
    return err(error);
  }
}

export const unread = (error: KernelError): { readonly available: false; readonly reason: string } => ({
  available: false,
  reason: `the table cannot be read: ${error.message}`,
});

/** The table with this service as it is now: in its place, at the end where it is new, gone where it is null. */
function withService(table: ObservedTable, name: string, service: ObservedService | null): ObservedTable {
  const index = table.services.findIndex(({ key }) => serviceKey(key) === name);
  const services = [...table.services];
  const now = service === null ? [] : [service];
  services.splice(index === -1 ? services.length : index, 1, ...now);
  return { ...table, services };
}
