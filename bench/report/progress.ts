import type { Progress } from './report.ts';

/** How far a measurement is, on standard error: a line for each step, or on a terminal one that is written over. */
export class ProgressLine {
  private readonly from = performance.now();
  private readonly name: string;
  private readonly ticker: NodeJS.Timeout | null;
  private step = '';

  constructor(name: string) {
    this.name = name;
    // The time goes on while a step lasts.
    this.ticker = process.stderr.isTTY ? setInterval(() => this.draw(), 1000) : null;
    this.ticker?.unref();
  }

  readonly say: Progress = (line) => {
    this.step = line;
    if (process.stderr.isTTY) this.draw();
    else process.stderr.write(`${this.text}\n`);
  };

  /** Leaves nothing on a terminal. */
  end(): void {
    if (this.ticker === null) return;
    clearInterval(this.ticker);
    process.stderr.write('\r\x1b[K');
  }

  /** Seconds since it was made. */
  get elapsed(): number {
    return (performance.now() - this.from) / 1000;
  }

  private get text(): string {
    return `${this.elapsed.toFixed(1).padStart(7)} s  ${this.name}: ${this.step}`;
  }

  private draw(): void {
    process.stderr.write(`\r\x1b[K${this.text.slice(0, (process.stderr.columns || 80) - 1)}`);
  }
}
