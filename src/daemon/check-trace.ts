import { err, type Result } from '../base/result.ts';
import type { Ipvs, IpvsUnavailable } from '../kernel/ipvs.ts';
import type { TraceAnswer, TraceQuestion } from '../model/trace.ts';

/** Where a packet would go, or why that cannot be told. */
export async function tracePacket(
  open: () => Promise<Result<Ipvs, IpvsUnavailable>>,
  question: TraceQuestion,
): Promise<Result<TraceAnswer, string>> {
  const opened = await open();
  if (!opened.ok) return err(opened.error.message);
  return (
    opened.value.trace?.(question) ??
    err(
      'IPVS forwards here, and cannot be asked where a packet would go: lbctl connections, or ipvsadm -Lnc, lists where connections do',
    )
  );
}
