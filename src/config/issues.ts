import type { z } from 'zod';
import { mistake, type Problem } from './diagnostic.ts';
import { nearest } from './nearest.ts';
import { nodeAt, type Path } from './path.ts';
import { fileSchema } from './schema/file.ts';
import { keysAt } from './schema/keys.ts';
import type { YamlNode } from './yaml/tree.ts';

/** A mistake at a path; `key` when it is the key that is wrong, not its value. */
export interface Found {
  readonly path: Path;
  readonly key: boolean;
  readonly problem: Problem;
}

type Issue = z.core.$ZodIssue;

/** Words of keepalived, ipvsadm and habit for which the schema has another. Counts only where that one is known. */
const OTHER_WORDS: ReadonlyMap<string, string> = new Map([
  ['vrrp_instance', 'vrrp'],
  ['virtual_server', 'services'],
  ['real_server', 'servers'],
  ['vrid', 'virtual_router_id'],
  ['virtual_ipaddress', 'virtual_addresses'],
  ['virtual_ipaddress_excluded', 'excluded_addresses'],
  ['track_interface', 'track'],
  ['track_script', 'track'],
  ['notify_master', 'notify'],
  ['auth_type', 'type'],
  ['auth_pass', 'password'],
  ['brd', 'broadcast'],
  ['lb_algo', 'scheduler'],
  ['lvs_sched', 'scheduler'],
  ['lb_kind', 'forward'],
  ['lvs_method', 'forward'],
  ['one_packet', 'ops'],
  ['delay_loop', 'interval'],
  ['connect_timeout', 'timeout'],
  ['virtualhost', 'host'],
  ['status_code', 'status'],
  ['regex', 'match'],
  ['regex_no_match', 'no_match'],
  ['url', 'urls'],
  ['http_protocol', 'version'],
  ['enable_sni', 'sni'],
  ['helo_name', 'helo'],
  ['misc_path', 'command'],
  ['misc_timeout', 'timeout'],
  ['misc_dynamic', 'dynamic'],
  ['require_reply', 'reply'],
  ['bindto', 'bind_ip'],
  ...['uthreshold', 'u_threshold', 'u-threshold'].map((word) => [word, 'upper_threshold'] as const),
  ...['lthreshold', 'l_threshold', 'l-threshold'].map((word) => [word, 'lower_threshold'] as const),
  ['vrrp_sync_group', 'sync_groups'],
  ['vrrp_script', 'track_scripts'],
  ['vrrp_track_process', 'track_processes'],
  ['vrrp_track_file', 'track_files'],
  ['bfd_instance', 'bfd'],
  ['garp_group', 'garp_groups'],
  ['static_ipaddress', 'static_addresses'],
  ['instances', 'group'],
  ['members', 'group'],
  ...['interface', 'script', 'file', 'process', 'bfd'].map((kind) => [`track_${kind}`, 'track'] as const),
  ...['master', 'backup', 'fault', 'stop', 'deleted'].map((state) => [`notify_${state}`, 'notify'] as const),
  ['notify_master_rx_lower_pri', 'lower_priority'],
  ['smtp_alert', 'mail'],
  ['smtp_server', 'mail'],
  ['notification_email', 'mail'],
  ['vrrp_notify_fifo', 'notify_fifos'],
  ['neighbour_ip', 'neighbor_ip'],
  ['hoplimit', 'ttl'],
]);

/** What a schema says against a tree, in this project's words. */
export function explainIssue(issue: Issue, tree: YamlNode): readonly Found[] {
  const path = issue.path as Path;
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key));
  const node = nodeAt(tree, path);
  if (node === null && nodeAt(tree, path.slice(0, -1))?.kind === 'map') {
    return [{ path, key: false, problem: mistake('missing_key', `the key "${path.at(-1)}" is missing`) }];
  }
  if (issue.code === 'invalid_key') {
    const message = `"${path.at(-1)}" can't be a name: ${issue.issues[0]?.message ?? issue.message}`;
    return [{ path, key: true, problem: mistake('bad_key', message) }];
  }
  if (issue.code === 'invalid_union') return explainUnion(issue, path, tree, node);
  return [{ path, key: false, problem: problemOf(issue, path, node) }];
}

function unknownKey(path: Path, key: string): Found {
  const allowed = keysAt(fileSchema, path);
  const other = OTHER_WORDS.get(key);
  const suggestion = other !== undefined && allowed.includes(other) ? other : nearest(key, allowed);
  const problem = mistake('unknown_key', `unknown key "${key}"`, { suggestion, allowed });
  return { path: [...path, key], key: true, problem };
}

/** Speaks for the alternative whose type the value has. */
function explainUnion(
  issue: Issue & { code: 'invalid_union' },
  path: Path,
  tree: YamlNode,
  node: YamlNode | null,
): readonly Found[] {
  const fits = issue.errors.find((errors) => !errors.some(isOfOtherType));
  if (fits !== undefined) {
    return fits.flatMap((inner) => explainIssue({ ...inner, path: [...path, ...inner.path] }, tree));
  }
  const roots = issue.errors.flat().filter(isOfOtherType);
  const choice = roots.find((root) => root.code === 'invalid_value');
  const isChoice = typeof scalarAt(node) === 'string' || roots.every(({ code }) => code === 'invalid_value');
  if (choice !== undefined && isChoice) {
    return [{ path, key: false, problem: problemOf(choice, path, node) }];
  }
  const types = roots.map((root) => (root.code === 'invalid_type' ? root.expected : 'string'));
  return [{ path, key: false, problem: wrongType([...new Set(types)], path, node) }];
}

const isOfOtherType = (issue: Issue): boolean =>
  issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value');

function problemOf(issue: Issue, path: Path, node: YamlNode | null): Problem {
  switch (issue.code) {
    case 'custom':
      return issue.params?.['problem'] as Problem;
    case 'invalid_type':
      return wrongType([issue.expected], path, node);
    case 'invalid_value':
      return unknownValue(issue.values.map(String), path, node);
    case 'too_small':
    case 'too_big': {
      if (issue.origin === 'array') return mistake('out_of_range', issue.message);
      const bound = issue.code === 'too_small' ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
      if (issue.origin === 'string') {
        const { length } = String(scalarAt(node));
        return mistake('out_of_range', `a text of ${length} characters is out of range: ${bound}`);
      }
      return mistake('out_of_range', `${String(scalarAt(node))} is out of range: ${bound}`);
    }
    default:
      return mistake('bad_value', issue.message);
  }
}

function unknownValue(allowed: readonly string[], path: Path, node: YamlNode | null): Problem {
  const found = scalarAt(node);
  const name = path.findLast((part) => typeof part === 'string') ?? 'value';
  if (typeof found !== 'string') {
    return mistake('unknown_value', `${describe(node)} is no ${name}`, { allowed });
  }
  const suggestion = nearest(found, allowed);
  return mistake('unknown_value', `unknown ${name} "${found}"`, { suggestion, allowed });
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'a map',
  record: 'a map',
  array: 'a list',
};

function wrongType(expected: readonly string[], path: Path, node: YamlNode | null): Problem {
  const found = scalarAt(node);
  if (typeof found === 'number' && isAddress(path)) {
    const text = `${node?.kind === 'scalar' ? node.source : found} is a number, not an IP address; IPv4 has four parts, such as 10.0.0.1`;
    return mistake('bad_value', text);
  }
  if (
    expected.every((type) => type === 'string') &&
    (typeof found === 'number' || typeof found === 'boolean')
  ) {
    const example = isSecret(path) || node?.kind !== 'scalar' ? '' : `: "${node.source}"`;
    return mistake('unquoted', `YAML takes this for a ${typeof found}; write it in quotes${example}`);
  }
  const names = [...new Set(expected.map((type) => TYPE_NAMES[type] ?? type))];
  if (typeof found === 'string' && expected.every((type) => type === 'boolean')) return noBoolean(found);
  return mistake('wrong_type', `expected ${names.join(' or ')}, found ${describe(node)}`);
}

/** What YAML 1.1 took for true and false. */
const OLD_BOOLEANS: ReadonlyMap<string, string> = new Map([
  ...['yes', 'on', 'y'].map((word) => [word, 'true'] as const),
  ...['no', 'off', 'n'].map((word) => [word, 'false'] as const),
]);

function noBoolean(found: string): Problem {
  const meant = OLD_BOOLEANS.get(found.toLowerCase());
  if (meant !== undefined) {
    return mistake('wrong_type', `YAML 1.2 reads "${found}" as text, not as ${meant}`, { suggestion: meant });
  }
  const suggestion = nearest(found, ['true', 'false']);
  return mistake('wrong_type', 'expected true or false, found text', { suggestion });
}

/** Values, or entries of lists, that begin with an address. */
const ADDRESSES: readonly unknown[] = [
  ...['address', 'connect_ip', 'bind_ip', 'mcast_src_ip', 'unicast_src_ip', 'mcast_dst_ip', 'unicast_peers'],
  ...['broadcast', 'peer', 'servers', 'virtual_addresses', 'excluded_addresses'],
];

const isAddress = (path: Path): boolean =>
  ADDRESSES.includes(typeof path.at(-1) === 'number' ? path.at(-2) : path.at(-1));

/** A password, or one of the keys of auth_hmac. */
const isSecret = (path: Path): boolean => path.at(-1) === 'password' || path.at(-2) === 'keys';

const scalarAt = (node: YamlNode | null) => (node?.kind === 'scalar' ? node.value : undefined);

function describe(node: YamlNode | null): string {
  if (node === null || node.kind === 'list') return node === null ? 'nothing' : 'a list';
  if (node.kind === 'map') return 'a map';
  if (node.value === null) return 'nothing';
  return typeof node.value === 'string' ? 'text' : `${node.value}`;
}
