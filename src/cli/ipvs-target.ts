import { parseIp, printEndpoint } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';

/** The options of `lbctl ipvs`, which are ipvsadm's. */
export interface IpvsOptions {
  readonly list?: boolean;
  readonly l?: boolean;
  readonly save?: boolean;
  readonly numeric?: boolean;
  readonly connection?: boolean;
  readonly timeout?: boolean;
  readonly daemon?: boolean;
  readonly stats?: boolean;
  readonly rate?: boolean;
  readonly thresholds?: boolean;
  readonly persistentConn?: boolean;
  readonly tunInfo?: boolean;
  readonly exact?: boolean;
  readonly nosort?: boolean;
  readonly tcpService?: string;
  readonly udpService?: string;
  readonly sctpService?: string;
  readonly fwmarkService?: string;
  readonly ipv6?: boolean;
}

/** Of several listings ipvsadm shows the first of these. */
const VIEWS = [
  ['stats', 'stats'],
  ['rate', 'rate'],
  ['thresholds', 'thresholds'],
  ['persistentConn', 'persistent-conn'],
  ['tunInfo', 'tun-info'],
] as const;

/** What the daemon is asked for these options; the error says what ipvsadm would not take either. */
export function ipvsTarget(options: IpvsOptions): Result<string, string> {
  const { list, l, save, numeric, connection, timeout, daemon } = options;
  if (save) {
    if (list ?? l) return err('either -L or -S');
    return numeric ? ok('/v1/ipvs?view=rules') : err(NUMBERS);
  }
  if (!(list ?? l)) return err('say what to do with the table: -L lists it, -S saves it');
  const service = serviceOf(options);
  if (!service.ok) return service;
  const whole = [connection, timeout, daemon, service.value !== null].filter((each) => each === true);
  if (whole.length > 1) return err('-c, --timeout, --daemon and a service exclude each other');
  const views = VIEWS.flatMap(([option, view]) => (options[option] ? [view] : []));
  const engines = options.persistentConn === true;
  const isOther = (connection || timeout || daemon) === true;
  if (isOther && views.some((view) => view !== 'tun-info' && !(connection && view === 'persistent-conn'))) {
    return err('options conflict in the list command');
  }
  if (timeout) return ok('/v1/ipvs/settings?view=timeout');
  if (daemon) return ok('/v1/ipvs/settings?view=daemon');
  if (!numeric) return err(NUMBERS);
  if (connection) return ok(`/v1/ipvs/connections${engines ? '?engines=1' : ''}`);
  const query = new URLSearchParams({ view: views[0] ?? 'list' });
  if (options.exact) query.set('exact', '1');
  if (options.nosort) query.set('nosort', '1');
  if (service.value !== null) query.set('service', service.value);
  return ok(`/v1/ipvs?${query}`);
}

const NUMBERS = 'lbd knows no names: ask for numbers with -n';

/** The one service that is meant, as `tcp 10.0.0.1:80` or `fwmark 7`; null for all. */
function serviceOf(options: IpvsOptions): Result<string | null, string> {
  const { tcpService, udpService, sctpService, fwmarkService, ipv6 } = options;
  const given = [
    ['tcp', tcpService],
    ['udp', udpService],
    ['sctp', sctpService],
    ['fwmark', fwmarkService],
  ] as const;
  const [first, second] = given.filter(([, word]) => word !== undefined);
  if (second !== undefined) return err('a list has one service at most');
  if (ipv6 && first?.[0] !== 'fwmark') return err('-6 is for -f');
  if (first === undefined) return ok(null);
  const [kind, word = ''] = first;
  if (kind === 'fwmark') {
    return /^\d{1,10}$/.test(word)
      ? ok(`fwmark ${Number(word)}${ipv6 ? ' inet6' : ''}`)
      : err(`${word} is no firewall mark`);
  }
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(word) ?? [];
  const address = parseIp(bracketed ?? plain ?? '');
  return address === null
    ? err(`${word} is no service: ADDRESS:PORT or [ADDRESS6]:PORT`)
    : ok(`${kind} ${printEndpoint(address, Number(digits))}`);
}
