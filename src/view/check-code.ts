import type { ProbeKind } from '../model/check.ts';
import type { LastCheck } from '../model/status.ts';

/** Checks of a conversation that begins at layer 4 and means something of layer 7. */
const SPOKEN: ReadonlySet<ProbeKind> = new Set<ProbeKind>(['http', 'smtp', 'dns']);

/**
 * The result of a check in the words of HAProxy's `check_status`: `L4OK`, `L4CON`, `L4TOUT`, `L6RSP`, `L6TOUT`, `L7OK/200`,
 * `L7STS/404`, `L7RSP`, `L7TOUT`, `PROCOK`, `PROCERR/1`, `PROCTOUT`, `SOCKERR`, and `INI` before the first. In its manner
 * also `L3OK`, `L3CON`, `L3TOUT` for a ping; a tracked file or session is `UP` or `DOWN`.
 */
export function showCheckCode(type: ProbeKind, last: LastCheck | null): string {
  if (last === null) return 'INI';
  const code = last.code === null ? '' : `/${last.code}`;
  if (type === 'file' || type === 'bfd') return last.verdict === 'pass' ? 'UP' : 'DOWN';
  if (type === 'misc')
    return last.result === 'timeout'
      ? 'PROCTOUT'
      : `${last.verdict === 'pass' ? 'PROCOK' : 'PROCERR'}${code}`;
  const layer = layerOf(type, last);
  switch (last.result) {
    case 'connected':
    case 'ok':
      return `L${layer}OK${code}`;
    case 'timeout':
      return `L${layer}TOUT`;
    case 'refused':
    case 'unreachable':
    case 'reset':
      return layer <= 4 || last.result !== 'reset' ? `L${Math.min(layer, 4)}CON` : `L${layer}RSP`;
    case 'tls':
      return 'L6RSP';
    case 'mismatch':
      return code === '' ? 'L7RSP' : `L7STS${code}`;
    case 'protocol':
      return 'L7RSP';
    default:
      return 'SOCKERR';
  }
}

function layerOf(type: ProbeKind, { layer, verdict }: LastCheck): number {
  if (type === 'ping') return 3;
  if (layer !== null && verdict !== 'pass') return layer;
  return SPOKEN.has(type) ? 7 : 4;
}
