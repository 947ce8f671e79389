import type { Clock } from '../base/clock.ts';
import type { Result } from '../base/result.ts';
import type { Millis } from '../base/units.ts';
import type { FromCheck } from '../ipc/messages.ts';
import type { KernelError } from '../kernel/error.ts';
import type { Ipvs, IpvsUnavailable } from '../kernel/ipvs.ts';
import type { CheckConfig } from '../model/check.ts';
import type { ProbeOutcome } from '../model/probe.ts';
import type { ScriptsConfig } from '../model/script.ts';
import type { LocalAddresses } from './check-presence.ts';
import type { DataplaneChooser } from './dataplane.ts';

/** What the check process needs of the world. `src/kernel` and `src/probes` give the real ones. */
export interface CheckPorts {
  readonly clock: Clock;
  /** Calls back once, later; what it returns calls that off. */
  after(delay: Millis, run: () => void): () => void;
  /** In [0, 1): where in its interval a check that is new begins. */
  place(): number;
  /** Never rejects, and answers within the check's timeout. Not for what is followed: `file` and `bfd`. */
  probe(check: CheckConfig, scripts: ScriptsConfig): Promise<ProbeOutcome>;
  /** Calls back whenever an address has come or gone. */
  watchAddresses(changed: () => void): Promise<Result<LocalAddresses, KernelError>>;
  /** The table of the data plane that was chosen last. */
  openIpvs(): Promise<Result<Ipvs, IpvsUnavailable>>;
  readonly dataplane: Pick<DataplaneChooser, 'follow' | 'leaveOther' | 'tellPeers' | 'stop'>;
  send(message: FromCheck): void;
}
