/** What becomes of a keyword: it is read, lbd has no use for it, or none yet. */
export type Treatment = 'applied' | 'here' | 'yet';

/** What there is to know of a keyword where it may stand. */
export interface Row {
  readonly treatment: Treatment;
  /** One sentence without a full stop. */
  readonly doc: string;
  /** Why it has no effect: one sentence without a full stop; null if it has one. */
  readonly reason: string | null;
  /** The key of the YAML configuration that says the same, `vrrp.*.priority`. */
  readonly yaml: string | null;
  /** A spelling that keepalived still accepts but no longer documents. */
  readonly deprecated: boolean;
  /** Whether a second one adds to the first; otherwise it replaces it. */
  readonly repeats: boolean;
  /** With this value, empty for none, it asks for what lbd does anyway, although it has no effect. */
  readonly usual: string | null;
  /** What its braces hold: keywords, lines of another kind, or null for a keyword without braces. */
  readonly inside: Block | 'lines' | null;
}

export type Rows = Readonly<Record<string, Row>>;

export interface Block {
  readonly rows: Rows;
  /** Whether what stands behind its keywords is kept out of messages. */
  readonly isSecret: boolean;
  /** Whether what stands before its brace tells it from others of its kind. */
  readonly isNamed: boolean;
}

const row = (treatment: Treatment, doc: string, reason: string | null, yaml: string | null): Row => ({
  treatment,
  doc,
  reason,
  yaml,
  deprecated: false,
  repeats: false,
  usual: null,
  inside: null,
});

export const applied = (yaml: string | null, doc: string): Row => row('applied', doc, null, yaml);
export const here = (reason: string, doc: string): Row => row('here', doc, reason, null);
export const yet = (reason: string, doc: string): Row => row('yet', doc, reason, null);

export const old = (of: Row): Row => ({ ...of, deprecated: true });
export const repeated = (of: Row): Row => ({ ...of, repeats: true });
export const usually = (usual: string, of: Row): Row => ({ ...of, usual });
/** With lines in braces that are no keywords. */
export const lines = (of: Row): Row => ({ ...of, inside: 'lines', repeats: true });

const opened = (of: Row, rows: Rows, isNamed: boolean, isSecret: boolean): Row => ({
  ...of,
  repeats: true,
  inside: { rows, isNamed, isSecret },
});
/** With keywords in braces. */
export const block = (of: Row, rows: Rows): Row => opened(of, rows, false, false);
export const named = (of: Row, rows: Rows): Row => opened(of, rows, true, false);
export const secret = (of: Row, rows: Rows): Row => opened(of, rows, false, true);
