import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { createLab, type Lab } from '../lab/lab.ts';
import { article } from '../support/article.ts';
import { Director, LBD } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';
import { root } from '../support/root.ts';

const LIMIT = 30_000;
const NODES = ['d1', 'd2'] as const;
type Node = (typeof NODES)[number];

/**
 * The tutorial whose script restarts nginx and, where that fails, runs `killall keepalived`. Each node has processes and
 * files of its own, so that the script runs as it is written, in the places that it names.
 */
suite('the nginx check of a tutorial', () => {
  let lab: Lab;
  const machines = new Map<Node, Machine>();
  const machine = (name: Node): Machine => machines.get(name) ?? assert.fail(`no machine ${name}`);

  before(async () => {
    const addresses = { d1: '192.0.0.2', d2: '192.0.0.3' };
    lab = await createLab({ directors: 2, servers: 0, web: false, vip: '192.0.0.1', addresses });
    for (const [name, file] of [
      ['d1', 'script-master.conf'],
      ['d2', 'script-backup.conf'],
    ] as const) {
      machines.set(name, new Machine(lab, name, article(file).text));
      machine(name).start();
    }
  });
  after(async () => {
    for (const one of machines.values()) await one.stop();
    await lab.close();
  });

  const page = async () => {
    const { stdout } = await lab.host('client').exec('curl', ['-s', '-m', '2', `http://${lab.vip}/`]);
    return stdout.trim();
  };
  const serves = (name: Node) => eventually(`${name} serves`, LIMIT, async () => (await page()) === name);
  const priority = async (name: Node) => (await machine(name).instance()).effective_priority;

  test('the master serves, by unicast, with a script that is well on both nodes', async () => {
    await serves('d1');
    for (const name of NODES) {
      const { tracks } = await machine(name).instance();
      assert.deepEqual(
        tracks.map(({ name: script, health }) => [script, health]),
        [['chk_nginx', 'good']],
      );
    }
  });

  test('a dead nginx is started again', async () => {
    await machine('d1').run('killall -9 nginx');
    await serves('d1');
    await eventually('the script is content again', LIMIT, async () => (await priority('d1')) === 100);
  });

  test('an nginx that cannot be started costs the address, and its return wins it back', async () => {
    await machine('d1').run('chmod -x /usr/local/nginx/sbin/nginx; killall -9 nginx');
    await serves('d2');
    assert.equal(await priority('d1'), 80);
    const { state, because } = await machine('d1').instance();
    assert.deepEqual([state, because], ['BACKUP', '192.0.0.3 advertises a higher priority (90, ours 80)']);
    await machine('d1').run('chmod +x /usr/local/nginx/sbin/nginx');
    await serves('d1');
  });
});

interface Tracked {
  readonly state: string;
  readonly because: string;
  readonly effective_priority: number;
  readonly tracks: readonly { readonly name: string; readonly health: string }[];
}

/** A node with processes of its own, /etc/keepalived and /usr/local of its own, nginx and lbd. */
class Machine {
  private readonly lab: Lab;
  private readonly name: Node;
  private readonly director: Director;
  private init: ChildProcess | null = null;

  constructor(lab: Lab, name: Node, conf: string) {
    this.lab = lab;
    this.name = name;
    this.director = new Director(lab.host(name), path.join(lab.directory, name));
    this.director.configure(conf, 'keepalived.conf');
  }

  start(): void {
    const { directory, runDir } = this.director;
    const etc = path.join(directory, 'etc');
    const nginx = path.join(directory, 'nginx.conf');
    mkdirSync(etc, { recursive: true });
    copyFileSync(path.join(root, 'test/articles/nginx_check.sh'), path.join(etc, 'nginx_check.sh'));
    chmodSync(path.join(etc, 'nginx_check.sh'), 0o755);
    writeFileSync(nginx, nginxConf(directory, this.name));
    const script = `mount --bind ${etc} /etc/keepalived && mount -t tmpfs none /usr/local &&
mkdir -p /usr/local/nginx/sbin && cd /usr/local/nginx/sbin &&
printf '#!/bin/sh\\nexec /usr/sbin/nginx -c ${nginx}\\n' > nginx && chmod 755 nginx && ./nginx &&
${process.execPath} ${LBD} --config ${directory}/keepalived.conf --run-dir ${runDir} --state-dir ${directory}/state; exit $?`;
    // The shell stays, as the first process of a machine does: it buries the daemons that nobody else waits for.
    const own = ['--pid', '--fork', '--kill-child', '--mount', '--mount-proc'];
    this.init = this.lab.host(this.name).spawn('unshare', [...own, 'sh', '-c', script]);
    this.init.stdout?.resume();
    this.init.stderr?.resume();
  }

  /** Runs a line of shell among its processes and files. */
  async run(line: string): Promise<void> {
    const { pid } = this.init ?? assert.fail('it does not run');
    // What it forked is the first process of the namespace.
    const target = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    await this.lab
      .host(this.name)
      .exec('nsenter', ['--target', target, '--pid', '--mount', 'sh', '-c', line]);
  }

  async instance(): Promise<Tracked> {
    const { vrrp } = await this.director.status();
    return (vrrp.value?.instances[0] ?? assert.fail('no instance')) as unknown as Tracked;
  }

  async stop(): Promise<void> {
    const { init } = this;
    if (init === null || init.exitCode !== null) return;
    const exited = new Promise((resolve) => init.once('exit', resolve));
    init.kill('SIGKILL');
    await exited;
  }
}

const nginxConf = (directory: string, name: string): string => `worker_processes 1;
pid ${directory}/nginx.pid; error_log ${directory}/error.log;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi; uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  server { listen 80; location / { default_type text/plain; return 200 "${name}\\n"; } }
}
`;
