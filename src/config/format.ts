/** The languages that a configuration may be written in. */
export type ConfigFormat = 'yaml' | 'keepalived';

/** A line that only a keepalived.conf has: a block's keyword, and no colon after it. */
const KEEPALIVED_LINE =
  /^[ \t]*(?:global_defs|vrrp_\w+|virtual_server(?:_group)?|static_\w+|track_\w+|bfd_instance|include\w?|net_namespace)[ \t]*(?:[{#!\r\n]|[ \t][^:\n]*$|$)/m;

/**
 * The language of a file: `*.conf` is keepalived's and `*.yaml`, `*.yml` are YAML, whatever they hold. Under another
 * name, such as that of a template's temporary file, the text decides.
 */
export function formatOf(file: string, text: string): ConfigFormat {
  if (/\.conf$/i.test(file)) return 'keepalived';
  if (/\.ya?ml$/i.test(file)) return 'yaml';
  return KEEPALIVED_LINE.test(text) ? 'keepalived' : 'yaml';
}

/** Whether a text looks like the output of `ipvsadm -S`, which has neither a name nor a comment of its own. */
export const isIpvsadmSave = (text: string): boolean =>
  /^(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]*(?:ipvsadm[ \t]+)?(?:-[AaEe]|--add-(?:service|server))[ \t]/.test(text);
