// What a measurement gives: tables of figures that can be printed, kept, drawn, and compared with those of another run.

/** The figures of all rounds for one cell, in the unit of its column. */
export interface Figures {
  readonly rounds: readonly number[];
}

export interface Column {
  readonly name: string;
  /** As it is printed: 'ms', 'requests/s', 'ns', 'MB', '%', '' for a count. */
  readonly unit: string;
  /** Which way is better; null where a figure only describes the run. */
  readonly better: 'less' | 'more' | null;
  /** The same in every run, so that any difference to another one counts. */
  readonly exact?: true;
}

export interface Row {
  /** What was measured: a case of the table, like '10,000 servers' or 'link cut, v3 10 ms'. */
  readonly case: string;
  /** Whose figures these are: 'lbd', the name of a peer, or of a floor ('empty program'). */
  readonly program: string;
  /** One for each column: figures; a word ('never ended', 'left out: no IPVS'); null where there is nothing to say. */
  readonly cells: readonly (Figures | string | null)[];
}

/** What a figure is to reach, in the same run: `column` of `program` in `case`. */
export interface Target {
  readonly case: string;
  readonly program: string;
  readonly column: string;
  /** The median is to be at most or at least `limit`, in the unit of the column … */
  readonly at: 'most' | 'least';
  readonly limit: number;
  /** … times the median of this program in the same column and case, if one is named. */
  readonly of?: string;
}

export interface Table {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  readonly targets?: readonly Target[];
}

export interface Report {
  /** The name it is asked for by: 'checks'. */
  readonly name: string;
  /** One sentence for each: what is measured, and what limits the figures. */
  readonly measures: string;
  readonly limits: string;
  readonly tables: readonly Table[];
  /** Anything else that is worth keeping in the JSON. */
  readonly details?: unknown;
  /** Where it was taken, if that is another machine than the one that asks: the guest. */
  readonly machine?: Machine;
}

/** What a machine is, as far as figures depend on it. */
export interface Machine {
  /** The model. */
  readonly processor: string;
  readonly processors: number;
  /** Megabytes. */
  readonly memory: number;
  readonly kernel: string;
  readonly node: string;
  /** What the peers that are installed call their versions, by their names. */
  readonly peers: Readonly<Record<string, string>>;
}

/** Says how far it is, a line each time; printed on stderr. */
export type Progress = (line: string) => void;

/** `args` are the words behind the name on the command line. */
export type Measurement = (args: readonly string[], progress: Progress) => Promise<Report>;

/** One figure, of one round. */
export const figure = (value: number): Figures => ({ rounds: [value] });
