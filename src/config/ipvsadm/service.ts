import { type Ip, ipFamily } from '../../base/ip.ts';
import type { Protocol } from '../../model/services.ts';
import { mistake, warning } from '../diagnostic.ts';
import type { Span } from '../source.ts';
import type { YamlList, YamlNode } from '../yaml/tree.ts';
import { endpointOf } from './endpoint.ts';
import { list, number, scalar, text } from './nodes.ts';
import type { Option, Options, Word, WordReport } from './options.ts';

/** Which service a line is about. */
export interface Selected {
  /** `10.0.0.1:tcp:80`, `[2001:db8::1]:tcp:80`, `fwmark:7`, `fwmark:8:inet6`. */
  readonly name: string;
  readonly at: Span;
  /** The keys of a configuration that say so. */
  readonly entries: Readonly<Record<string, YamlNode | null>>;
}

const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  'tcp-service': 'tcp',
  'udp-service': 'udp',
  'sctp-service': 'sctp',
};

/** `-p` without a value: what the code of ipvsadm 1.31 takes; its man page says 300. */
const PERSISTENCE_SECONDS = 360;

/** The service that a line names, or null when it names none, which has then been reported. */
export function selectedBy(options: Options, command: Option, report: WordReport): Selected | null {
  const given = [...Object.keys(PROTOCOLS), 'fwmark-service'].flatMap((name) => {
    const option = options.get(name);
    return option === undefined ? [] : [{ name, option }];
  });
  const [first, second] = given;
  if (first === undefined) {
    const text = `${command.word.text} needs a service: -t, -u, --sctp-service or -f`;
    report(command.word, mistake('missing_key', text));
    return null;
  }
  if (second !== undefined) {
    const text = `a line is about one service, and ${first.option.word.text} names one already`;
    report(second.option.word, mistake('conflicting_keys', text));
    return null;
  }
  const { argument } = first.option;
  const ipv6 = options.get('ipv6');
  if (argument === null) return null;
  if (first.name === 'fwmark-service') return markOf(argument, ipv6);
  if (ipv6 !== undefined) {
    report(ipv6.word, mistake('conflicting_keys', '-6 is for -f; an address says its family itself'));
  }
  const protocol = PROTOCOLS[first.name];
  return protocol === undefined ? null : addressOf(argument, protocol, first.option.word, report);
}

function markOf(mark: Word, ipv6: Option | undefined): Selected {
  const family = ipv6 === undefined ? null : scalar('inet6', ipv6.word);
  // ipvsadm 1.31 prints marks with %d: from 2^31 on they are negative.
  const text = /^-\d{1,10}$/.test(mark.text) ? String(Number(mark.text) + 2 ** 32) : mark.text;
  const name = `fwmark:${text}${family === null ? '' : ':inet6'}`;
  return { name, at: mark, entries: { fwmark: number({ ...mark, text }), ip_family: family } };
}

function addressOf(word: Word, protocol: Protocol, option: Word, report: WordReport): Selected | null {
  const endpoint = endpointOf(word, report);
  if (endpoint === null) return null;
  const { address, host, port, bare } = endpoint;
  if (bare) {
    const text = 'all of this is the address, and the port is 0; with a port it is written [address]:port';
    report(word, warning('ambiguous_value', text));
  }
  return {
    name: serviceName(address, protocol, port === null ? 0 : Number(port.text)),
    at: word,
    entries: {
      address: scalar(address, host),
      port: port === null ? scalar(0, word) : number(port),
      protocol: scalar(protocol, option),
    },
  };
}

const serviceName = (address: Ip, protocol: Protocol, port: number): string =>
  `${ipFamily(address) === 'inet6' ? `[${address}]` : address}:${protocol}:${port}`;

/** What -A says of a service beyond which it is. */
export function serviceEntries(
  options: Options,
  report: WordReport,
): Readonly<Record<string, YamlNode | null>> {
  const argument = (name: string) => options.get(name)?.argument ?? null;
  const [scheduler, netmask, engine, flags] = ['scheduler', 'netmask', 'pe', 'sched-flags'].map(argument);
  const persistent = options.get('persistent');
  const ops = options.get('ops');
  return {
    scheduler: scheduler ? text(scheduler) : null,
    scheduler_flags: flags ? flagsOf(flags) : null,
    persistence_timeout: persistent === undefined ? null : timeoutOf(persistent, report),
    persistence_granularity: netmask ? number(netmask) : null,
    persistence_engine: engine ? text(engine) : null,
    ops: ops === undefined ? null : scalar(true, ops.word),
  };
}

function timeoutOf({ word, argument }: Option, report: WordReport): YamlNode | null {
  if (argument === null) return scalar(PERSISTENCE_SECONDS, word);
  if (/^\d+$/.test(argument.text)) return number(argument);
  report(argument, mistake('bad_value', `"${argument.text}" is no whole number of seconds`));
  return scalar(PERSISTENCE_SECONDS, word);
}

function flagsOf(word: Word): YamlList {
  const items = [...word.text.matchAll(/[^,]+/g)].map(({ 0: flag, index }) =>
    text({ text: flag, start: word.start + index, end: word.start + index + flag.length }),
  );
  return list(items, word);
}
