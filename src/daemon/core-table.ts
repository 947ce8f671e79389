import { err, type Result } from '../base/result.ts';
import { type Millis, millis } from '../base/units.ts';
import type { IpvsSettings, RestoreOutcome, RestoreRequest } from '../model/restore.ts';
import type { CheckStatus, Part } from '../model/status.ts';
import type { TraceAnswer, TraceQuestion } from '../model/trace.ts';
import type { Supervisor } from './supervisor.ts';

/** What core has the check process do with IPVS, and ask of it, besides its status. Errors are lines of text. */
export interface CoreTable {
  restore(request: RestoreRequest): Promise<Result<RestoreOutcome, string>>;
  settings(): Promise<Result<IpvsSettings, string>>;
  /** Where a packet would go. */
  trace(question: TraceQuestion): Promise<Result<TraceAnswer, string>>;
}

const ASK: Millis = millis(2000);
/** At the first question a program is loaded: 50 ms, and on a busy machine a second. */
const TRACE: Millis = millis(5000);
/** Less than the control socket waits for an answer; 10,000 servers take two seconds. */
const RESTORE: Millis = millis(20_000);

export function createCoreTable(
  check: Pick<Supervisor<CheckStatus>, 'askSettings' | 'restore' | 'trace'>,
): CoreTable {
  let before: Promise<unknown> = Promise.resolve();

  /** One at a time: of those that wait for the channel only the last one is sent. */
  const inTurn = <T>(ask: () => Promise<Part<Result<T, string>>>): Promise<Result<T, string>> => {
    const answer = before.then(ask).then((part) => (part.available ? part.value : err(part.reason)));
    before = answer;
    return answer;
  };

  return {
    restore: (request) => inTurn(() => check.restore(request, RESTORE)),
    trace: (question) => inTurn(() => check.trace(question, TRACE)),
    settings: () => inTurn(() => check.askSettings(ASK)),
  };
}
