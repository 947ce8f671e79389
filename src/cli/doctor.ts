import { existsSync, readlinkSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseIp } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import { diagnoseHost } from '../config/host.ts';
import { readConfig } from '../config/read.ts';
import { machineContext, machineFiles } from '../ipc/config-files.ts';
import type { Diagnosis, Finding } from '../model/doctor.ts';
import type { Tunnel } from '../model/services.ts';
import { diagnoseDirector } from '../plan/doctor/director.ts';
import { diagnoseRealServer } from '../plan/doctor/realserver.ts';
import { parseVirtualAddress } from '../plan/realserver-address.ts';
import { count, showDiagnosis, showDiagnosisJson } from '../view/doctor.ts';
import { REFUSAL_HINTS } from '../view/refusal-hints.ts';
import { tlsFaults } from './check-files.ts';
import { EXIT, type Terminal } from './command.ts';
import { type AskedDaemon, askDaemon } from './doctor-daemon.ts';
import { directorFacts, type ReadConfiguration } from './doctor-facts.ts';
import { hostFacts } from './host-facts.ts';
import { realServerFacts } from './realserver-facts.ts';
import { hasUnit } from './realserver-persist.ts';
import { run } from './run.ts';
import { addressesOf, type ShownLink, shownLinks } from './shown-links.ts';

const DEFAULT_FILE = '/etc/lbd/lbd.yaml';
const UNITS = '/etc/systemd/system';

export interface DoctorOptions {
  readonly output: 'text' | 'json';
  readonly strict?: boolean;
  /** Looks at a real server of these addresses in place of a director. */
  readonly realserver?: boolean;
  readonly tunnel?: Tunnel['type'];
  readonly tunnelPort?: number;
}

/** Finds what stops this director from working; `words` are the file to look at, if any. */
export async function examineDirector(
  terminal: Terminal,
  runDir: string,
  words: readonly string[],
  options: DoctorOptions,
): Promise<number> {
  const [given, ...more] = words;
  if (more.length > 0) {
    terminal.error('lbctl: doctor looks at one file; addresses are given with --realserver\n');
    return EXIT.usage;
  }
  const links = await shownLinks(run);
  if (!links.ok) return refuse(terminal, links.error);
  const asked = await askDaemon(runDir);
  const daemon = asked.ok ? asked : err(asked.error.because);
  // One that listens and does not answer us may be well.
  const expectsDaemon = given === undefined && (asked.ok || asked.error.isAbsent);
  const read = readFor(given, daemon, links.value);
  const elsewhere = namespaceElsewhere(daemon, read);
  if (elsewhere !== null) return refuse(terminal, elsewhere);
  const facts = await directorFacts(read, daemon, expectsDaemon, links.value, run);
  return tell(terminal, diagnoseDirector(facts, REFUSAL_HINTS), options);
}

/** Finds what stops this machine from being a real server of some virtual addresses. */
export async function examineRealServer(
  terminal: Terminal,
  words: readonly string[],
  options: DoctorOptions,
): Promise<number> {
  const parsed = words.map(parseVirtualAddress);
  const [unread] = parsed.flatMap((each) => (each.ok ? [] : [each.error]));
  if (unread !== undefined) return refuse(terminal, unread);
  if (parsed.length === 0) {
    terminal.error('lbctl: say of which virtual addresses: lbctl doctor --realserver 10.0.0.100\n');
    return EXIT.usage;
  }
  const facts = await realServerFacts(run);
  if (!facts.ok) return refuse(terminal, facts.error);
  const { tunnel, tunnelPort = 0 } = options;
  const addresses = new Set(parsed.flatMap((each) => (each.ok ? [each.value] : [])));
  const diagnosis = diagnoseRealServer([...addresses], {
    facts: facts.value,
    proxied: await proxied(),
    tunnel: tunnel === undefined ? null : { type: tunnel, port: tunnelPort },
    hasUnit: (address) => hasUnit(UNITS, address),
  });
  return tell(terminal, diagnosis, options);
}

function refuse(terminal: Terminal, because: string): number {
  terminal.error(`lbctl: ${because}\n`);
  return EXIT.refused;
}

function tell(terminal: Terminal, diagnosis: Diagnosis, { output, strict }: DoctorOptions): number {
  terminal.out(output === 'json' ? showDiagnosisJson(diagnosis) : showDiagnosis(diagnosis));
  const fails = count(diagnosis, 'error') + (strict ? count(diagnosis, 'warning') : 0);
  return fails > 0 ? EXIT.refused : EXIT.ok;
}

function readFor(
  given: string | undefined,
  daemon: Result<AskedDaemon, string>,
  links: readonly ShownLink[],
): ReadConfiguration {
  const file = given ?? (daemon.ok ? fileOf(daemon.value) : DEFAULT_FILE);
  const { config, diagnostics, placeOf } = readConfig(file, machineContext(machineFiles, null), null);
  const mistakes = diagnostics.filter(({ severity }) => severity === 'error').length;
  const unread = diagnostics.find(({ code }) => code === 'unreadable');
  const refused =
    unread === undefined
      ? `${file} has ${counted(mistakes, 'mistake')}`
      : `${unread.file}: ${unread.message}`;
  const warnings = diagnostics.length - mistakes;
  const fix = `lbctl check ${file}`;
  const said: readonly Finding[] = [
    ...(mistakes === 0 ? [] : [of('error', 'config_refused', refused, fix)]),
    ...(warnings === 0
      ? []
      : [of('hint', 'config_warned', `${file} has ${counted(warnings, 'warning')}`, fix)]),
  ];
  // Of links without a carrier the usual facts have no addresses.
  const interfaces = new Map(links.map((link) => [link.ifname, addressesOf(link)]));
  const lacks = diagnoseHost({ config, placeOf }, { ...hostFacts(), interfaces }, tlsFaults);
  // Modules and sysctls are looked at with what can be done about them.
  const others = lacks.filter(({ code }) => !['host_module', 'host_sysctl'].includes(code));
  const findings = others.map((lack): Finding => {
    const { severity, message, suggestion, line, column } = lack;
    const meant = suggestion === null ? '' : ` — did you mean "${suggestion}"?`;
    return {
      ...of(severity, 'host_mismatch', `${message}${meant}`, null),
      evidence: [`${lack.file}:${line}:${column}`],
    };
  });
  return { config, configFile: file, configFindings: [...said, ...findings] };
}

const of = (
  severity: Finding['severity'],
  code: Finding['code'],
  text: string,
  fix: string | null,
): Finding => ({
  severity,
  code,
  text,
  fix,
  evidence: [],
});

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

/** lbd may have been given a path from where it was started. */
function fileOf({ pid, configFile }: AskedDaemon): string {
  if (path.isAbsolute(configFile)) return configFile;
  const cwd = linkOf(`/proc/${pid}/cwd`);
  return cwd === null ? configFile : path.join(cwd, configFile);
}

/** Why nothing that is seen from here would be about lbd; null where it would. */
function namespaceElsewhere(
  daemon: Result<AskedDaemon, string>,
  { config }: ReadConfiguration,
): string | null {
  const here = linkOf('/proc/self/ns/net');
  if (daemon.ok) {
    const { pid } = daemon.value;
    // A null is not for us to see.
    const there = linkOf(`/proc/${pid}/ns/net`) ?? here;
    const again = `nsenter --target ${pid} --net lbctl doctor`;
    return there === here ? null : `lbd works in another network namespace: ${again}`;
  }
  const name = config?.netNamespace ?? null;
  if (name === null) return null;
  const file = `/run/netns/${name}`;
  const inode = existsSync(file) ? statSync(file).ino : null;
  if (here === `net:[${inode}]`) return null;
  return `the configuration is for the network namespace ${name}: ip netns exec ${name} lbctl doctor`;
}

function linkOf(file: string): string | null {
  try {
    return readlinkSync(file);
  } catch {
    // Gone, or not for us to see.
    return null;
  }
}

/** Addresses that neighbour discovery is answered for on behalf of others. */
async function proxied() {
  const shown = await run(['ip', '-j', '-6', 'neigh', 'show', 'proxy']);
  if (!shown.ok) return err(shown.error.because);
  const entries: readonly { readonly dst: string; readonly dev: string }[] = JSON.parse(
    shown.value.trim() || '[]',
  );
  return ok(
    entries.flatMap(({ dst, dev }) => {
      const address = parseIp(dst);
      return address === null ? [] : [{ address, dev }];
    }),
  );
}
