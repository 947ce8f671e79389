import { existsSync } from 'node:fs';
import { nextPlace } from '../health/stagger.ts';
import { openChannel } from '../ipc/channel.ts';
import type { FromCheck, ToCheck } from '../ipc/messages.ts';
import { systemClock } from '../kernel/clock.ts';
import { watchInterfaces } from '../kernel/interfaces.ts';
import { openIpvs } from '../kernel/ipvs.ts';
import { Check } from './check.ts';
import { createProbes } from './check-probe.ts';
import { openTell } from './check-tell.ts';
import { DataplaneChooser } from './dataplane.ts';
import { createCommandRunner } from './scripts/command-runner.ts';
import { openXdpPlane, removeXdpPlane } from './xdp-open.ts';

/** How often core hears of this process. A status goes there only when something changes. */
const ALIVE_MS = 1000;

const channel = openChannel<FromCheck, ToCheck>(
  process,
  (message) => (message.message === 'stop' ? stop() : check.receive(message)),
  // Core is gone, or has heard that we have stopped: end as on a clean stop.
  () => void end().then(() => process.exit(0)),
);

const commands = createCommandRunner(systemClock);
let place = Math.random();

const tell = openTell(systemClock, (message) => channel.send(message));

const dataplane = new DataplaneChooser({
  openIpvs,
  openXdp: (setup) => openXdpPlane(setup, tell),
  // It is there once the module has been loaded (ip_vs_app.c, ip_vs_ctl.c), per network namespace.
  hasIpvs: () => existsSync('/proc/net/ip_vs'),
  removeXdp: () => removeXdpPlane(tell),
});

const check = new Check({
  clock: systemClock,
  after(delay, run) {
    const timer = setTimeout(run, delay);
    return () => clearTimeout(timer);
  },
  place() {
    place = nextPlace(place);
    return place;
  },
  probe: createProbes(systemClock, commands),
  watchAddresses: watchInterfaces,
  openIpvs: () => dataplane.open(),
  dataplane,
  send: (message) => channel.send(message),
});

function stop(): void {
  clearInterval(pulse);
  void end().then(() => channel.close());
}

/** Takes what is ours out of the kernel, and ends the commands of checks. */
const end = () => Promise.all([check.stop(), commands.stop()]);

// Signals that reach the whole group, from a terminal or from systemd, are core's to interpret.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

const pulse = setInterval(() => channel.send({ message: 'alive' }), ALIVE_MS);
channel.send({ message: 'ready' });
