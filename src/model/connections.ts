import type { DestKey } from './services.ts';

/** An entry of the kernel's connection table. */
export interface Connection {
  /** As the kernel names it: `TCP`, `UDP`, `SCTP`, `IP`, … */
  readonly protocol: string;
  /** Port 0 for a persistence template: it only says which server a client stays with. */
  readonly client: DestKey;
  readonly virtual: DestKey;
  readonly server: DestKey;
  /** As the kernel names it: `ESTABLISHED`, `FIN_WAIT`, `NONE`, … */
  readonly state: string;
  /** Whole seconds until it is forgotten, if nothing more is heard. */
  readonly expires: number;
  /** What a persistence engine knows it by. */
  readonly engine: { readonly name: string; readonly data: string } | null;
}
