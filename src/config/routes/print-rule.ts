import { never } from '../../base/never.ts';
import type { RuleConfig } from '../../model/routes.ts';
import { printHex, printSubnet } from './print-route.ts';

const WHOLE = 0xffff_ffff;

/** One line that `parseRule` reads as the same rule. Tables are numbers, which mean the same on every machine. */
export function printRule(rule: RuleConfig): string {
  const { family, from, to, iif, oif, fwmark, tos, preference } = rule;
  // keepalived 2.2.7 takes "inet6" for a word with a value, and knows no "all".
  const everything = family === 'inet6' && to === null ? '::/0' : null;
  const source = from === null ? everything : printSubnet(from);
  return [
    ...(rule.not ? ['not'] : []),
    ...(source === null ? [] : ['from', source]),
    ...(to === null ? [] : ['to', printSubnet(to)]),
    ...(iif === null ? [] : ['iif', iif]),
    ...(oif === null ? [] : ['oif', oif]),
    ...(fwmark === null ? [] : ['fwmark', printMark(fwmark)]),
    ...(tos === 0 ? [] : ['tos', printHex(tos)]),
    ...printAction(rule),
    'preference',
    `${preference}`,
    ...(rule.noTrack ? ['no_track'] : []),
  ].join(' ');
}

const printMark = ({ mark, mask }: NonNullable<RuleConfig['fwmark']>): string =>
  mask === WHOLE ? printHex(mark) : `${printHex(mark)}/${printHex(mask)}`;

function printAction({ action, table, target }: RuleConfig): readonly string[] {
  switch (action) {
    case 'lookup':
      return ['table', `${table}`];
    case 'goto':
      return ['goto', `${target}`];
    case 'blackhole':
    case 'unreachable':
    case 'prohibit':
      return [action];
    default:
      return never(action);
  }
}
