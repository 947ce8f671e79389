import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../base/clock.ts';
import { err, ok, type Result } from '../base/result.ts';
import { later, type Millis, millis, millisToMicros } from '../base/units.ts';
import type { VrrpOrder } from '../ipc/messages.ts';
import type { CheckStatus, InstanceStatus, VrrpStatus } from '../model/status.ts';
import type { Supervisor } from './supervisor.ts';

/** What an administrator has the virtual routers do. Answers are sentences; names are of instances or sync groups. */
export interface CoreOrders {
  /** Answers when another is master, or when it is certain that none will be. */
  handOver(name: string): Promise<Result<string, string>>;
  failBack(name: string): Promise<Result<string, string>>;
}

const ASK: Millis = millis(1000);
/** Between two looks at what has come of it. */
const PAUSE = 50;
/** Less than the control socket waits for an answer. */
const LONGEST: Millis = millis(20_000);

export interface CoreOrdersDoor {
  readonly vrrp: Pick<Supervisor<VrrpStatus>, 'ask' | 'order'>;
  readonly check: Pick<Supervisor<CheckStatus>, 'tellHandover'>;
  readonly clock: Clock;
  /** Called when what is saved of the roles may be another. */
  readonly changed: () => void;
}

export function createCoreOrders({ vrrp, check, clock, changed }: CoreOrdersDoor): CoreOrders {
  let before: Promise<unknown> = Promise.resolve();

  const order = (what: VrrpOrder, name: string): Promise<Result<void, string>> => {
    const outcome = before.then(async () => {
      const answer = await vrrp.order(what, name, ASK);
      return answer.available ? answer.value : err(answer.reason);
    });
    before = outcome;
    return outcome;
  };

  const successor = async (name: string): Promise<Result<string, string>> => {
    const end = later(clock.now(), millisToMicros(LONGEST));
    while (clock.now() < end) {
      await sleep(PAUSE);
      const status = await vrrp.ask(ASK);
      if (!status.available) return err(status.reason);
      const members = membersOf(status.value, name);
      if (members.length === 0) return err(`${name} is not configured any more`);
      if (members.every(({ state }) => state === 'MASTER')) return err(`${name}: ${members[0]?.because}`);
      const masters = members.map(({ state, master }) => (state === 'BACKUP' ? master : null));
      const [first] = masters;
      if (masters.every((master) => master !== null && master.priority > 0) && first) {
        return ok(`${name}: ${first.address} (priority ${first.priority}) is master`);
      }
    }
    return err(`${name}: nobody has been heard as master for ${LONGEST / 1000} s`);
  };

  return {
    async handOver(name) {
      check.tellHandover();
      const ordered = await order('handover', name);
      return ordered.ok ? successor(name) : ordered;
    },
    async failBack(name) {
      const ordered = await order('failback', name);
      if (!ordered.ok) return ordered;
      changed();
      return ok(`${name} stands back no longer`);
    },
  };
}

function membersOf({ instances, syncGroups }: VrrpStatus, name: string): readonly InstanceStatus[] {
  const group = syncGroups.find((one) => one.name === name);
  return instances.filter((one) => one.name === name || group?.members.includes(one.name));
}
