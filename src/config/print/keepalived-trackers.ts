import { ipFamily } from '../../base/ip.ts';
import { type Millis, millisToMicros } from '../../base/units.ts';
import type {
  BfdConfig,
  TrackFileConfig,
  TrackProcessConfig,
  TrackScriptConfig,
} from '../../model/tracking.ts';
import { unless } from './common.ts';
import { type Leave, linesAt } from './keepalived-lines.ts';
import { quote, type Statement } from './keepalived-words.ts';

const usual = (fallback: number, value: Millis) => (value === fallback ? undefined : millisToMicros(value));

export function scriptStatement(script: TrackScriptConfig, leave: Leave): Statement {
  const { name, command, interval, timeout } = script;
  const { argv, line, wholeSeconds, alone } = linesAt(['track_scripts', name], leave);
  const block = [
    ...argv('script', command.argv),
    ...wholeSeconds('interval', usual(1000, interval)),
    ...wholeSeconds('timeout', usual(interval, timeout)),
    ...line('rise', unless(1, script.rise)),
    ...line('fall', unless(1, script.fall)),
    ...line(
      'user',
      ...(command.group === null ? [command.user ?? undefined] : [command.user ?? undefined, command.group]),
    ),
    ...alone('init_fail', script.initFail),
  ];
  return { text: `vrrp_script ${quote(name) ?? name}`, block };
}

export function fileStatement({ name, path, init }: TrackFileConfig, leave: Leave): Statement {
  const { line } = linesAt(['track_files', name], leave);
  const words = init === null ? [undefined] : [init.value, ...(init.overwrite ? ['overwrite'] : [])];
  return {
    text: `track_file ${quote(name) ?? name}`,
    block: [...line('file', path), ...line('init_file', ...words)],
  };
}

export function processStatement(tracker: TrackProcessConfig, leave: Leave): Statement {
  const { name, command, match, quorum, quorumMax } = tracker;
  const path = ['track_processes', name];
  const { line, alone, seconds } = linesAt(path, leave);
  const isUsual = match === (command.length > 1 ? 'exact' : 'any');
  if (quorum === 0 && quorumMax !== 0) {
    leave({ path: [...path, 'quorum'], text: 'quorum 0: keepalived has it only with a quorum_max of 0' });
  }
  if (quorum > 0 && quorumMax === 0) throw new Error('no count of processes satisfies this tracker');
  const block = [
    ...line('process', ...command),
    // Without arguments any way to compare them asks for a process that has none.
    ...line('param_match', isUsual ? undefined : match === 'exact' ? 'initial' : match),
    ...line('quorum', quorum <= 1 ? undefined : quorum),
    ...line('quorum_max', quorumMax ?? undefined),
    ...seconds('fork_delay', usual(0, tracker.forkDelay)),
    ...seconds('terminate_delay', usual(0, tracker.terminateDelay)),
    ...alone('full_command', tracker.fullCommand),
  ];
  return { text: `vrrp_track_process ${quote(name) ?? name}`, block };
}

export function bfdStatement(session: BfdConfig, leave: Leave): Statement {
  const { name, neighbor } = session;
  const { line, alone } = linesAt(['bfd', name], leave);
  const interval = (keyword: string, value: number, fallback: number) =>
    line(keyword, value === fallback ? undefined : String(value / 1000));
  const block = [
    ...line('neighbor_ip', neighbor),
    ...line('source_ip', session.source ?? undefined),
    ...interval('min_rx', session.minRx, 10_000),
    ...interval('min_tx', session.minTx, 10_000),
    ...interval('idle_tx', session.idleTx, 1_000_000),
    ...line('multiplier', unless(5, session.multiplier)),
    ...alone('passive', session.passive),
    // keepalived takes 64 for IPv6 unless told.
    ...(ipFamily(neighbor) === 'inet'
      ? line('ttl', unless(255, session.ttl))
      : line('hoplimit', session.ttl)),
    ...line('max_hops', unless(0, session.maxHops)),
    ...alone('multihop', session.multihop),
  ];
  return { text: `bfd_instance ${quote(name) ?? name}`, block };
}
