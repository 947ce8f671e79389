import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Host } from '../lab/host.ts';
import { eventually } from '../support/eventually.ts';

const SIZE = 2_000_000;
const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** Serves a file on port 8080 of a host, as slowly as its client asks for with `?rate=`, in bytes per second. */
export function serveFiles(host: Host, directory: string): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(path.join(directory, 'file'), Buffer.alloc(SIZE));
  writeFileSync(
    path.join(directory, 'nginx.conf'),
    `user root; daemon off; worker_processes 1; pid ${directory}/pid; error_log ${directory}/error.log;
events { worker_connections 64; }
http {
  access_log off; ${TEMPORARY.map((what) => `${what}_temp_path ${directory}/${what};`).join(' ')}
  server { listen 8080; root ${directory}; limit_rate $arg_rate; add_header X-Host ${host.name}; }
}
`,
  );
  host.spawn('nginx', ['-c', path.join(directory, 'nginx.conf')]);
}

/** A connection that lives for a while. */
export interface Download {
  /** The host that serves it. */
  readonly from: string | undefined;
  /** Under way: neither cut nor complete. */
  goesOn(): boolean;
  stop(): void;
  /** Waits for its end; fails where that came too early. */
  completes(): Promise<void>;
}

/** Fetches the file from an address into `to`, in about so many seconds; resolves when the first bytes are there. */
export async function download(
  client: Host,
  address: string,
  to: string,
  seconds: number,
): Promise<Download> {
  const head = `${to}.head`;
  rmSync(to, { force: true });
  const url = `http://${address}:8080/file?rate=${Math.round(SIZE / seconds)}`;
  const curl = client.spawn('curl', ['-sS', '-D', head, '-o', to, url]);
  const ended = new Promise<number | null>((resolve) => curl.once('exit', resolve));
  const size = () => statSync(to, { throwIfNoEntry: false })?.size ?? 0;
  await eventually('the download has begun', 60_000, () => size() > 0);
  return {
    from: /^X-Host: (\w+)/im.exec(readFileSync(head, 'utf8'))?.[1],
    goesOn: () => curl.exitCode === null && size() < SIZE,
    stop: () => curl.kill('SIGTERM'),
    completes: async () => assert.deepEqual([await ended, size()], [0, SIZE], 'the download was cut'),
  };
}
