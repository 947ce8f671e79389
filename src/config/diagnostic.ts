/** What can be wrong with a configuration. Names are stable: scripts match on them. They are added to, never changed. */
export const CONFIG_CODES = [
  // The text
  'too_large',
  'too_deep',
  'yaml_syntax',
  'empty',
  'bad_key',
  'duplicate_key',
  'unknown_anchor',
  'unquoted',
  'unreadable',
  'stray_brace',
  'missing_brace',
  'unclosed_quote',
  'slash_comment',
  'bad_definition',
  // A key or a value by itself
  'unknown_key',
  'missing_key',
  'wrong_type',
  'unknown_value',
  'out_of_range',
  'bad_value',
  'not_supported',
  // Keys and values against each other
  'conflicting_keys',
  'duplicate_vrid',
  'duplicate_address',
  'duplicate_service',
  'duplicate_server',
  'duplicate_member',
  'mixed_families',
  'port_mismatch',
  // Warnings: what is meant is clear, but may surprise
  'implied_owner',
  'preempt_restored',
  'password_truncated',
  'no_servers',
  'ambiguous_value',
  'service_without_vip',
  'vip_without_service',
  'quorum_too_high',
  'strict_mode',
  'value_unusual',
  'lone_member',
  'weight_ignored',
  'unused_tracker',
  'no_mail',
  // Warnings about a keepalived.conf: keepalived goes on, and so does lbd
  'no_effect_here',
  'no_effect_yet',
  'unknown_keyword',
  'misplaced_keyword',
  'missing_value',
  'surplus_value',
  'value_replaced',
  'entry_skipped',
  'overridden',
  'unknown_name',
  'undefined_variable',
  'protocol_assumed',
  'vip_refuses_traffic',
  // This machine, for a configuration that is sound in itself
  'host_interface',
  'host_subnet',
  'host_sysctl',
  'host_module',
  'host_script',
  'host_file',
] as const;
export type ConfigCode = (typeof CONFIG_CODES)[number];

export type Severity = 'error' | 'warning';

/** What is wrong, without where. */
export interface Problem {
  readonly severity: Severity;
  readonly code: ConfigCode;
  /** One sentence without a full stop. May quote keys and values of the file, but never a password. */
  readonly message: string;
  /** The key or value that was probably meant. */
  readonly suggestion: string | null;
  /** Every key or value that would be accepted here, where they can be listed. */
  readonly allowed: readonly string[] | null;
}

/** One mistake and its place. */
export interface Diagnostic extends Problem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units as editors count; at most one past the end of the line. */
  readonly column: number;
  /** How much of the line is meant, at least 1. */
  readonly length: number;
  /**
   * In YAML keys joined by dots, list places as numbers from 0: `services.web.servers.1.weight`. In keepalived.conf
   * the keywords that lead there, with the names of their blocks: `vrrp_instance VI_1 > priority`. Empty for the
   * whole file.
   */
  readonly path: string;
}

/** Messages quote the file, which may be long there. */
const LONGEST_MESSAGE = 400;

interface Hint {
  readonly suggestion?: string | null;
  readonly allowed?: readonly string[] | null;
}

export function mistake(code: ConfigCode, message: string, hint: Hint = {}): Problem {
  return {
    severity: 'error',
    code,
    message: message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message,
    suggestion: hint.suggestion ?? null,
    allowed: hint.allowed ?? null,
  };
}

export const warning = (code: ConfigCode, message: string, hint: Hint = {}): Problem => ({
  ...mistake(code, message, hint),
  severity: 'warning',
});

/** Orders by place, then errors before warnings. */
export function compareDiagnostics(a: Diagnostic, b: Diagnostic): number {
  return (
    a.line - b.line ||
    a.column - b.column ||
    (a.severity === b.severity ? 0 : a.severity === 'error' ? -1 : 1) ||
    (a.code < b.code ? -1 : a.code > b.code ? 1 : 0)
  );
}
