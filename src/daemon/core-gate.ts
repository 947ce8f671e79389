import { type Millis, millis } from '../base/units.ts';

/** How long an election waits for the table: a check process that cannot program it must not keep VRRP down. */
const PATIENCE: Millis = millis(5000);

/** Whether the services of a daemon that has just started are there for the traffic that a master draws. */
export interface ServicesGate {
  isOpen(): boolean;
  /** From the start of the check process on. Without services there is nothing to wait for. */
  begin(hasServices: boolean): void;
  /** The check process has programmed the table once, or has said that it cannot. */
  open(): void;
  stop(): void;
}

/** Once open it stays open: a check process that is started again finds the table as the former one left it. */
export function createServicesGate(opened: () => void): ServicesGate {
  let isOpen = false;
  let timer: NodeJS.Timeout | null = null;

  const stop = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };
  const open = () => {
    if (isOpen) return;
    stop();
    isOpen = true;
    opened();
  };
  return {
    isOpen: () => isOpen,
    begin(hasServices) {
      if (!hasServices) open();
      else timer = setTimeout(open, PATIENCE);
    },
    open,
    stop,
  };
}
