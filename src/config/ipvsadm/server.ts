import { mistake } from '../diagnostic.ts';
import type { Span } from '../source.ts';
import type { YamlMap, YamlNode } from '../yaml/tree.ts';
import { endpointOf } from './endpoint.ts';
import { map, number, scalar, text } from './nodes.ts';
import type { Option, Options, WordReport } from './options.ts';

const FORWARDS: Readonly<Record<string, string>> = { gatewaying: 'dr', ipip: 'tun', masquerading: 'nat' };
const CHECKSUMS: Readonly<Record<string, string>> = {
  'tun-nocsum': 'none',
  'tun-csum': 'csum',
  'tun-remcsum': 'remcsum',
};

/** The server that -a describes, or null when it names none, which has then been reported. */
export function serverOf(options: Options, command: Option, line: Span, report: WordReport): YamlMap | null {
  const given = options.get('real-server');
  if (given === undefined) {
    report(command.word, mistake('missing_key', `${command.word.text} needs a server: -r`));
    return null;
  }
  const server = given.argument;
  if (server === null) return null;
  const endpoint = endpointOf(server, report);
  const forward = only(FORWARDS, options, report) ?? scalar('dr', command.word);
  const tunnel = tunnelOf(options, forward.value === 'tun', line, report);
  const argument = (name: string): YamlNode | null => {
    const word = options.get(name)?.argument;
    return word ? number(word) : null;
  };
  if (endpoint === null) return null;
  const entries = {
    address: scalar(endpoint.address, endpoint.host),
    port: endpoint.port === null ? null : number(endpoint.port),
    weight: argument('weight'),
    forward,
    tunnel,
    upper_threshold: argument('u-threshold'),
    lower_threshold: argument('l-threshold'),
  };
  return map(entries, line);
}

/** The word of the one option of these that is given; a second one is reported. */
function only(words: Readonly<Record<string, string>>, options: Options, report: WordReport) {
  const given = Object.entries(words).flatMap(([name, word]) => {
    const option = options.get(name);
    return option === undefined ? [] : [{ word, at: option.word }];
  });
  const [first, second] = given.sort((a, b) => a.at.start - b.at.start);
  if (first !== undefined && second !== undefined) {
    report(second.at, mistake('conflicting_keys', `this contradicts ${first.at.text}`));
  }
  return first === undefined ? null : scalar(first.word, first.at);
}

function tunnelOf(options: Options, isTunnel: boolean, line: Span, report: WordReport): YamlMap | null {
  const type = options.get('tun-type');
  const port = options.get('tun-port');
  const checksum = only(CHECKSUMS, options, report);
  const [first] = [type?.word, port?.word, checksum].filter((given) => given !== undefined && given !== null);
  if (first === undefined || first === null) return null;
  if (!isTunnel) {
    report(first, mistake('conflicting_keys', 'tunnel options need -i'));
    return null;
  }
  const entries = {
    type: type?.argument ? text(type.argument) : scalar('ipip', first),
    port: port?.argument ? number(port.argument) : null,
    checksum,
  };
  return map(entries, line);
}
