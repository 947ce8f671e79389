import type { ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { eventually } from '../support/eventually.ts';
import type { Host } from './host.ts';

/** nginx on a host, port 80 of every address; its page is the host's name. */
export class Web {
  private readonly host: Host;
  private readonly directory: string;
  private child: ChildProcess | null = null;

  constructor(host: Host, directory: string) {
    this.host = host;
    this.directory = directory;
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    mkdirSync(this.directory, { recursive: true });
    const file = path.join(this.directory, 'nginx.conf');
    writeFileSync(
      file,
      `daemon off; worker_processes 1; pid ${this.directory}/pid; error_log ${this.directory}/error.log;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${this.directory}/body; proxy_temp_path ${this.directory}/proxy;
  fastcgi_temp_path ${this.directory}/fastcgi; uwsgi_temp_path ${this.directory}/uwsgi;
  scgi_temp_path ${this.directory}/scgi;
  server { listen 80 reuseport; listen [::]:80 reuseport; location / { default_type text/plain; return 200 "${this.host.name}\\n"; } }
}
`,
    );
    this.child = this.host.spawn('nginx', ['-c', file]);
    await eventually(`nginx on ${this.host.name} answers`, 60_000, async () => {
      const { stdout } = await this.host.exec('curl', ['-s', '-m', '2', `http://${this.host.address}/`]);
      return stdout.trim() === this.host.name;
    });
  }

  /** Ends it at once; connections to it are refused from then on. */
  async stop(): Promise<void> {
    const { child } = this;
    if (child === null) return;
    this.child = null;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await exited;
  }
}
