import { VERSION } from '../base/version.ts';
import { openChannel } from '../ipc/channel.ts';
import type { FromVrrp, ToVrrp } from '../ipc/messages.ts';
import { RecordStream } from '../ipc/recorder.ts';
import { openAddressWriter } from '../kernel/addresses.ts';
import { openAnnounceSocket } from '../kernel/announce-socket.ts';
import { openBfdSocket } from '../kernel/bfd-socket.ts';
import { openClaimMonitor } from '../kernel/claim-monitor.ts';
import { systemClock } from '../kernel/clock.ts';
import { openHeartbeatSocket } from '../kernel/heartbeat-socket.ts';
import { endForgottenSilence } from '../kernel/interface-silence.ts';
import { watchInterfaces } from '../kernel/interfaces.ts';
import { openQuietAddresses } from '../kernel/quiet-addresses.ts';
import { becomeRealtime } from '../kernel/realtime.ts';
import { openRouteWriters } from '../kernel/routes.ts';
import { openVmacWriter, promoteSecondaries } from '../kernel/vmac.ts';
import { openVrrpSocket } from '../kernel/vrrp-socket.ts';
import { Vrrp } from './vrrp.ts';
import type { VrrpPorts } from './vrrp-ports.ts';
import { VrrpRecorder } from './vrrp-recorder.ts';

/** How often core is told that this process is not stuck. */
const ALIVE_MS = 1000;

const early: ToVrrp[] = [];
let receive = (message: ToVrrp): void => void early.push(message);
let stop = (): void => process.exit(0);

const channel = openChannel<FromVrrp, ToVrrp>(
  process,
  (message) => receive(message),
  // Core is gone: end as on a clean stop.
  () => stop(),
);

// Signals that reach the whole group, from a terminal or from systemd, are core's to interpret.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

const interfaces = await watchInterfaces(() => vrrp.refresh());
const announcer = openAnnounceSocket();
const addresses = openAddressWriter((dev) => (interfaces.ok ? interfaces.value.ifindex(dev) : null));
const routes = openRouteWriters(
  (dev) => (interfaces.ok ? interfaces.value.ifindex(dev) : null),
  () => vrrp.routesLost(),
);
const vmacs = openVmacWriter((name) => {
  const found = interfaces.ok ? interfaces.value.lookup(name, 'inet6', new Set()) : interfaces;
  return found.ok ? found.value.primary : null;
});
if (!interfaces.ok) throw new Error(`cannot read the interfaces: ${interfaces.error.message}`);
if (!addresses.ok) throw new Error(`cannot open rtnetlink: ${addresses.error.message}`);
if (!vmacs.ok) throw new Error(`cannot open rtnetlink: ${vmacs.error.message}`);
if (!routes.ok) throw new Error(`cannot open rtnetlink: ${routes.error.message}`);
if (!announcer.ok) throw new Error(`cannot open a packet socket: ${announcer.error}`);

const claims = openClaimMonitor({
  onClaim: (ifindex, { address, mac }) => vrrp.claimed(ifindex, address, mac),
  onError: (because) => vrrp.complain('the link', `cannot hear who claims our addresses: ${because}`),
});
const quiet = openQuietAddresses(addresses.value);

let timer: NodeJS.Timeout | null = null;
const ports: VrrpPorts = {
  clock: systemClock,
  wakeIn(milliseconds, wake) {
    if (timer !== null) clearTimeout(timer);
    timer = milliseconds === null ? null : setTimeout(wake, milliseconds);
  },
  interfaces: interfaces.value,
  addresses: { ...addresses.value, ...quiet },
  claims,
  announcer: announcer.value,
  routes: routes.value.routes,
  rules: routes.value.rules,
  vmacs: vmacs.value,
  promoteSecondaries,
  openBfdSocket,
  openHeartbeatSocket,
  openSocket: openVrrpSocket,
  send(message) {
    // Nothing is read any more of what follows this.
    if (message.message === 'stopped') stream?.flush();
    channel.send(message);
  },
};
const stream = process.argv.includes('--record')
  ? new RecordStream((batch) => channel.send({ message: 'record', batch }))
  : null;
const recorder = stream === null ? null : new VrrpRecorder(ports, VERSION, (line) => stream.put(line));
const machine = new Vrrp(recorder?.recorded() ?? ports, recorder?.random ?? Math.random);
const vrrp = recorder?.watch(machine) ?? machine;

let stopping = false;
stop = () => {
  if (stopping) return;
  stopping = true;
  clearInterval(pulse);
  void vrrp.stop().then(() => {
    interfaces.value.close();
    addresses.value.close();
    announcer.value.close();
    claims.close();
    vmacs.value.close();
    routes.value.close();
    channel.close();
  });
};
let isBegun = false;
// Until then it is not certain that this lbd is to run: another one may be at work here.
const begin = () => {
  if (isBegun) return;
  isBegun = true;
  const spoken = endForgottenSilence();
  if (!spoken.ok) machine.complain('the link', spoken.error);
};
receive = (message) => {
  if (message.message === 'desired') begin();
  if (message.message === 'stop') stop();
  else if (message.message === 'recorded') stream?.written(message.upTo);
  else vrrp.receive(message);
};
const pulse = setInterval(() => channel.send({ message: 'alive' }), ALIVE_MS);
const realtime = becomeRealtime();
if (!realtime.ok) machine.warnOrdinary(realtime.error);
for (const message of early.splice(0)) receive(message);
channel.send({ message: 'ready' });
