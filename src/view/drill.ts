import { never } from '../base/never.ts';
import type { Micros } from '../base/units.ts';
import type { Drill, DrillStep, InstanceDrillStep, ServerDrillStep } from '../model/drill.ts';
import type { IpvsOp } from '../model/ops.ts';
import { destKey, serviceKey } from '../model/services.ts';
import { showJson } from './status-json.ts';

/** A drill as people read it: what it assumes, then a line for each step with its time from now. */
export function showDrill({ assumes, steps }: Drill): string {
  const lines = [
    ...(assumes.length === 0 ? [] : ['assuming that', ...assumes.map((one) => `  ${one}`), '']),
    ...(steps.length === 0 ? ['Nobody would notice: nothing changes here.'] : steps.map(showStep)),
  ];
  return `${lines.join('\n')}\n`;
}

/** The drill for programs, with the text for people. */
export const showDrillJson = (drill: Drill): string =>
  showJson({ schemaVersion: 1, ...drill, text: showDrill(drill) });

const showStep = (step: DrillStep): string =>
  step.kind === 'instance' ? showInstance(step) : showServer(step);

const showMoment = (after: Micros): string => `+${(after / 1_000_000).toFixed(3)}s`;

function showInstance({ afterMicros, instance, from, to, because, does }: InstanceDrillStep): string {
  const state = from === to ? from : `${from} → ${to}`;
  const told = [...(because === '' ? [] : [because]), ...does].join('; ');
  return `${showMoment(afterMicros)} ${instance} ${state}: ${told}`;
}

function showServer(step: ServerDrillStep): string {
  const { afterMicros, earliestMicros, service, server, operations, servers, weight } = step;
  const { activeConns, inactiveConns, losesQuorum, live, quorum, sorryServer } = step;
  const left =
    servers === 0
      ? 'no server is left, clients are refused'
      : sorryServer !== null
        ? `sorry server ${destKey(sorryServer)} serves`
        : `${servers} ${servers === 1 ? 'server' : 'servers'} of weight ${weight} together are left`;
  const told = [
    `loses ${destKey(server)} (at the earliest ${showMoment(earliestMicros)})`,
    ...(losesQuorum ? [`loses the quorum of ${quorum}, weight ${live} is up then`] : []),
    ...operations.map(showOperation),
    left,
    `connections with it now: ${activeConns} active, ${inactiveConns} inactive`,
  ];
  return `${showMoment(afterMicros)} ${service} (${serviceKey(step.serviceKey)}) ${told.join('; ')}`;
}

function showOperation(op: IpvsOp): string {
  switch (op.op) {
    case 'newService':
      return `adds service ${serviceKey(op.service.key)}`;
    case 'setService':
      return `sets service ${serviceKey(op.service.key)}`;
    case 'delService':
      return `deletes service ${serviceKey(op.key)}`;
    case 'newDest':
      return `adds server ${destKey(op.dest.key)}`;
    case 'setDest':
      return `sets server ${destKey(op.dest.key)} to weight ${op.dest.attrs.weight}`;
    case 'delDest':
      return `deletes server ${destKey(op.key)}`;
    default:
      return never(op);
  }
}
