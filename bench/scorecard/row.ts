import type { Kind } from '../bed/program.ts';

export interface Quantity {
  readonly name: string;
  readonly unit: string;
  /** What lbd is to reach: at most this. */
  readonly target: number;
  /** As long as it was watched: a value of about this or more did not end by itself. In the unit. */
  readonly watched?: number;
  /** Why there is no figure of keepalived 2.2.7. */
  readonly notOfKeepalived?: string;
}

export interface Settings {
  /** How long the processors are kept from the directors. */
  readonly seconds: number;
}

/** One thing that a pair of directors has to stand. */
export interface Row {
  readonly number: number;
  /** What is done to the pair. */
  readonly title: string;
  readonly quantities: Readonly<Record<string, Quantity>>;
  /** One run, which leaves nothing behind. Gives a value for each quantity that the program has. */
  measure(kind: Kind, settings: Settings): Promise<Readonly<Record<string, number>>>;
}
