import type { Part } from './status.ts';

/** What a configuration would change, for people: compared with what runs and with what the kernel holds. */
export interface Preview {
  /** Settings that stand neither in an instance nor in the kernel's table, by their paths. */
  readonly settings: readonly FieldChange[];
  readonly instances: readonly InstanceChange[];
  /** Why the table could not be compared, where it could not. */
  readonly services: Part<readonly ServiceChange[]>;
  /** Differences from the next configuration that stay, because `adopt` keeps what was changed by hand. */
  readonly kept: readonly KeptByHand[];
}

export interface KeptByHand {
  /** The service's name in the file, which it may share with itself at another address. */
  readonly service: string;
  /** `tcp 10.0.0.100:80`. */
  readonly key: string;
  /** `10.0.0.11:80`; null for the service itself. */
  readonly server: string | null;
  /** `weight 77 instead of 1`, `removed`, `added`. */
  readonly difference: string;
}

/** `+` appears, `~` changes, `-` goes. */
export type Change = '+' | '~' | '-';

export interface InstanceChange {
  readonly change: Change;
  readonly name: string;
  readonly interface: string;
  readonly vrid: number;
  /** Settings of a changed instance, as text. */
  readonly fields: readonly FieldChange[];
  /** `10.0.0.100/24 dev eth0`. */
  readonly addresses: readonly { readonly change: Change; readonly address: string }[];
  /** `route 10.9.0.0/16 via 10.0.0.254`, `rule from 10.9.0.0/16 table 100`: a changed one goes and comes. */
  readonly routes: readonly { readonly change: Change; readonly route: string }[];
  /** What clients would notice, as a sentence; null for nothing. */
  readonly cuts: string | null;
}

export interface FieldChange {
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

export interface ServiceChange {
  /** `' '` for a service of which only servers change. */
  readonly change: Change | ' ';
  /** Its name in the file, or its key where it is in none. */
  readonly name: string;
  /** `tcp 10.0.0.100:80`. */
  readonly key: string;
  readonly fields: readonly FieldChange[];
  readonly servers: readonly ServerChange[];
  /** Somebody else made the difference: the running configuration asks for the same change. */
  readonly drift: boolean;
  readonly cuts: string | null;
}

export interface ServerChange {
  readonly change: Change;
  /** `10.0.0.11:80`. */
  readonly server: string;
  readonly fields: readonly FieldChange[];
  readonly drift: boolean;
  /** Connections in progress, for a server that goes: it is drained first. */
  readonly drains: { readonly activeConns: number; readonly timeoutMillis: number } | null;
  /** Connections that end with this change. */
  readonly cuts: number;
}
