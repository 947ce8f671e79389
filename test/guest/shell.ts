import { type ChildProcess, spawn } from 'node:child_process';

const END = '\u0004';

/** One shell for many commands: in an emulated guest this process takes long to start another. */
export class Shell {
  private readonly child: ChildProcess = spawn('sh', [], { stdio: ['pipe', 'pipe', 'inherit'] });
  private said = '';
  private heard: () => void = () => undefined;

  constructor() {
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.said += text;
      if (this.said.endsWith(END)) this.heard();
    });
  }

  /** What commands say, on both channels. One call at a time. */
  run(commands: string): Promise<string> {
    return new Promise((resolve) => {
      this.heard = () => {
        const said = this.said.slice(0, -END.length);
        this.said = '';
        resolve(said);
      };
      this.child.stdin?.write(`{ ${commands}\n} 2>&1\nprintf '\\004'\n`);
    });
  }

  end(): void {
    this.child.stdin?.end();
  }
}
