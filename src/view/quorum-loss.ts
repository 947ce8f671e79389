import type { QuorumLoss } from '../model/quorum-loss.ts';
import { destKey } from '../model/services.ts';

/** What follows for others where an order takes the quorum of a service, and how to do without. */
export function showQuorumLoss({ service, live, needed, sorryServer, leaving, cut }: QuorumLoss): string {
  const lost = `${service} loses its quorum by this order: its servers that are up weigh ${live}, and ${needed} is needed`;
  const avoid = 'lbctl ready takes it back; to avoid that, add a server or lower the quorum before';
  if (sorryServer === null) {
    return `${lost}; its other servers stay in the table and take new connections, for it has no sorry server, but who is notified of it is told that it is down; ${avoid}`;
  }
  const ended =
    cut === 0 ? '' : cut === 1 ? ' and 1 active connection ends' : ` and ${cut} active connections end`;
  const left =
    leaving.length === 0
      ? 'its other servers take no new connections'
      : `for want of it ${leaving.map(destKey).join(', ')} ${leaving.length === 1 ? 'leaves' : 'leave'} the table${ended}`;
  return `${lost}; ${left}; sorry server ${destKey(sorryServer)} takes new connections; ${avoid}`;
}
