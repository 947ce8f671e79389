import { concatBytes, dataView } from '../base/bytes.ts';
import { ipBytes } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import { RULE_ACTIONS, type RuleAction, type RuleConfig } from '../model/routes.ts';
import { type Attr, attr, attrText, decodeAttrs, encodeAttrs, findAttr, textAttr } from './netlink.ts';
import { ADDRESS_FAMILIES, decodeSubnet, familyOf, numberIn } from './rtnl-route.ts';

/** linux/rtnetlink.h: message types. */
export const RTM_RULE = { NEW: 32, DEL: 33 } as const;
/** linux/rtnetlink.h: multicast groups. */
export const RTNLGRP_RULE = { IPV4: 8, IPV6: 19 } as const;

/** linux/fib_rules.h */
const FRA = {
  DST: 1,
  SRC: 2,
  IIFNAME: 3,
  GOTO: 4,
  PRIORITY: 6,
  FWMARK: 10,
  TABLE: 15,
  FWMASK: 16,
  OIFNAME: 17,
  PROTOCOL: 21,
} as const;
const FIB_RULE_HDR = 12;
const FIB_RULE_INVERT = 2;
/** linux/rtnetlink.h: what keepalived marks its rules with, whose place we take. */
const RTPROT_KEEPALIVED = 18;
/** Of the header's table, for tables that do not fit its byte. */
const RT_TABLE_COMPAT = 252;

/** A rule in the kernel: what it selects and does. */
export type KernelRule = Omit<RuleConfig, 'noTrack'>;

/**
 * The payload of RTM_NEWRULE and RTM_DELRULE (struct fib_rule_hdr, linux/fib_rules.h).
 *
 * ```
 *  1 family   1 bits of destination   1 bits of source   1 TOS
 *  1 table    2 reserved                                 1 action
 *  4 flags    attributes
 * ```
 */
export function encodeRule(rule: KernelRule): Uint8Array {
  const { family, from, to, iif, oif, fwmark, table, preference, target } = rule;
  const attrs: Attr[] = [
    number(FRA.PRIORITY, preference),
    attr(FRA.PROTOCOL, Uint8Array.of(RTPROT_KEEPALIVED)),
  ];
  if (to !== null) attrs.push(attr(FRA.DST, ipBytes(to.address)));
  if (from !== null) attrs.push(attr(FRA.SRC, ipBytes(from.address)));
  if (iif !== null) attrs.push(textAttr(FRA.IIFNAME, iif));
  if (oif !== null) attrs.push(textAttr(FRA.OIFNAME, oif));
  if (fwmark !== null) attrs.push(number(FRA.FWMARK, fwmark.mark), number(FRA.FWMASK, fwmark.mask));
  if (rule.action === 'lookup') attrs.push(number(FRA.TABLE, table));
  if (target !== null) attrs.push(number(FRA.GOTO, target));
  const head = new Uint8Array(FIB_RULE_HDR);
  const shortTable = table < 256 ? table : RT_TABLE_COMPAT;
  const action = RULE_ACTIONS[rule.action];
  head.set([
    ADDRESS_FAMILIES[family],
    to?.prefix ?? 0,
    from?.prefix ?? 0,
    rule.tos,
    shortTable,
    0,
    0,
    action,
  ]);
  dataView(head).setUint32(8, rule.not ? FIB_RULE_INVERT : 0, true);
  return concatBytes([head, encodeAttrs(attrs)]);
}

function number(type: number, value: number): Attr {
  const bytes = new Uint8Array(4);
  dataView(bytes).setUint32(0, value, true);
  return attr(type, bytes);
}

const ACTIONS: ReadonlyMap<number, RuleAction> = new Map(
  Object.entries(RULE_ACTIONS).map(([name, number]) => [number, name as RuleAction]),
);

/** Reads RTM_NEWRULE or RTM_DELRULE; `action` is an action that a RuleConfig has no name for. */
export function decodeRule(payload: Uint8Array): Result<KernelRule, 'malformed' | 'family' | 'action'> {
  if (payload.length < FIB_RULE_HDR) return err('malformed');
  const [familyNumber, toBits = 0, fromBits = 0, tos = 0, shortTable = 0, , , actionNumber = 0] = payload;
  const family = familyOf(familyNumber);
  if (family === null) return err('family');
  const action = ACTIONS.get(actionNumber);
  if (action === undefined) return err('action');
  const decoded = decodeAttrs(payload.subarray(FIB_RULE_HDR));
  if (!decoded.ok) return err('malformed');
  const attrs = decoded.value;
  const to = decodeSubnet(findAttr(attrs, FRA.DST), toBits, family);
  const from = decodeSubnet(findAttr(attrs, FRA.SRC), fromBits, family);
  if (to === null || from === null) return err('malformed');
  const mark = numberIn(attrs, FRA.FWMARK);
  const mask = numberIn(attrs, FRA.FWMASK);
  return ok({
    family,
    action,
    not: (dataView(payload).getUint32(8, true) & FIB_RULE_INVERT) !== 0,
    from: from.prefix === 0 ? null : from,
    to: to.prefix === 0 ? null : to,
    iif: textIn(attrs, FRA.IIFNAME),
    oif: textIn(attrs, FRA.OIFNAME),
    // The kernel leaves out a mark of 0 but not its mask.
    fwmark: mark === null && (mask ?? 0) === 0 ? null : { mark: mark ?? 0, mask: mask ?? 0 },
    tos,
    table: action === 'lookup' ? (numberIn(attrs, FRA.TABLE) ?? shortTable) : 0,
    preference: numberIn(attrs, FRA.PRIORITY) ?? 0,
    target: action === 'goto' ? (numberIn(attrs, FRA.GOTO) ?? 0) : null,
  });
}

function textIn(attrs: readonly Attr[], type: number): string | null {
  const found = findAttr(attrs, type);
  return found === undefined ? null : attrText(found);
}
