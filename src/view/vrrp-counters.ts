import { elapsed } from '../base/units.ts';
import { REFUSALS, type Refusal, type VrrpCounters } from '../model/counters.ts';
import type { Journal, JournalEntry } from '../model/journal.ts';
import type { InstanceStatus, VrrpStatus } from '../model/status.ts';
import { explainCause } from './cause.ts';
import { showMoment } from './journal-entry.ts';
import { type Json, printJson } from './json.ts';
import { REFUSAL_HINTS } from './refusal-hints.ts';
import { showIsoTime } from './time.ts';

/** An instance with its journal; null where that could not be had. */
export interface Counted {
  readonly instance: InstanceStatus;
  readonly journal: Journal | null;
}

/** Differences between us and a peer are of the present for so long. */
const PRESENT = 60_000_000;

/** The titles of text for the names of RFC 6527 §7, which JSON has, in the order of the RFC. */
const TITLES = {
  vrrpv3StatisticsMasterTransitions: 'Master Transitions',
  vrrpv3StatisticsNewMasterReason: 'New Master Reason',
  vrrpv3StatisticsRcvdAdvertisements: 'Advertisements Received',
  vrrpv3StatisticsAdvIntervalErrors: 'Advertisement Interval Errors',
  vrrpv3StatisticsIpTtlErrors: 'IP TTL Errors',
  vrrpv3StatisticsProtoErrReason: 'Protocol Error Reason',
  vrrpv3StatisticsRcvdPriZeroPackets: 'Priority Zero Packets Received',
  vrrpv3StatisticsSentPriZeroPackets: 'Priority Zero Packets Sent',
  vrrpv3StatisticsRcvdInvalidTypePkts: 'Invalid Type Packets Received',
  vrrpv3StatisticsAddressListErrors: 'Address List Errors',
  vrrpv3StatisticsPacketLengthErrors: 'Packet Length Errors',
} as const;

type Statistics = Readonly<Record<keyof typeof TITLES, number | string | null>>;

/** Of every instance its state, the statistics of RFC 6527, what else is counted, and what is wrong with its peers. */
export function showVrrpCounters(counted: readonly Counted[], vrrp: VrrpStatus): string {
  if (counted.length === 0) return 'No VRRP instances are configured.\n';
  const { checksum, version, vrid } = routerErrors(vrrp);
  const router = [
    'all interfaces',
    row('Checksum Errors', checksum),
    row('Version Errors', version),
    row('VRID Errors', vrid),
  ];
  return [...counted.flatMap((one) => [...showOne(one), '']), ...router].map((line) => `${line}\n`).join('');
}

function showOne({ instance, journal }: Counted): string[] {
  const { name, interface: dev, vrid, family, version, state, since, effectivePriority, counters } = instance;
  const facts = statistics(instance, journal);
  const rows = Object.entries(TITLES).map(([key, title]) =>
    row(title, facts[key as keyof Statistics] ?? '-'),
  );
  const refused = REFUSALS.filter((refusal) => counters.refused[refusal] > 0);
  return [
    `${name} (${dev}, ${vrid}, ${family}, version ${version}): ${state} since ${showMoment(since)}, priority ${effectivePriority}, an advert every ${instance.advertInterval / 100} s`,
    ...rows,
    row('Advertisements Sent', counters.advertsSent),
    row('Master Releases', counters.releasedMaster),
    row('Gratuitous ARPs Sent', counters.garpsSent),
    row('Neighbor Advertisements Sent', counters.nasSent),
    ...refused.map((refusal) => row(`Refused: ${refusal}`, counters.refused[refusal])),
    ...warnings(journal).map((warning) => `  warning: ${warning}`),
  ];
}

const row = (title: string, value: number | string): string => `  ${title.padEnd(32)} ${value}`;

/** The same as JSON text, statistics by their names in RFC 6527. What only a journal tells is null without one. */
export function showVrrpCountersJson(counted: readonly Counted[], vrrp: VrrpStatus): string {
  const { checksum, version, vrid } = routerErrors(vrrp);
  const view: Json = {
    vrrpv3RouterChecksumErrors: checksum,
    vrrpv3RouterVersionErrors: version,
    vrrpv3RouterVrIdErrors: vrid,
    instances: counted.map(({ instance, journal }) => ({
      name: instance.name,
      interface: instance.interface,
      vrid: instance.vrid,
      family: instance.family,
      version: instance.version,
      state: instance.state,
      since: showIsoTime(instance.since),
      priority: instance.effectivePriority,
      statistics: statistics(instance, journal),
      adverts_sent: instance.counters.advertsSent,
      master_releases: instance.counters.releasedMaster,
      garps_sent: instance.counters.garpsSent,
      nas_sent: instance.counters.nasSent,
      refused: instance.counters.refused,
      warnings: warnings(journal),
    })),
  };
  return `${printJson(view)}\n`;
}

function statistics({ counters }: InstanceStatus, journal: Journal | null): Statistics {
  const { refused } = counters;
  return {
    vrrpv3StatisticsMasterTransitions: counters.becameMaster,
    vrrpv3StatisticsNewMasterReason: newMasterReason(counters, journal),
    vrrpv3StatisticsRcvdAdvertisements: counters.advertsReceived,
    vrrpv3StatisticsAdvIntervalErrors: counters.intervalMismatches + refused.interval,
    vrrpv3StatisticsIpTtlErrors: refused.ttl,
    vrrpv3StatisticsProtoErrReason: journal === null ? null : protocolError(journal),
    vrrpv3StatisticsRcvdPriZeroPackets: counters.priorityZeroReceived,
    vrrpv3StatisticsSentPriZeroPackets: counters.priorityZeroSent,
    vrrpv3StatisticsRcvdInvalidTypePkts: refused.type,
    vrrpv3StatisticsAddressListErrors: counters.addressListMismatches,
    vrrpv3StatisticsPacketLengthErrors: refused.length,
  };
}

/** vrrpv3StatisticsNewMasterReason of the last time, null where that is not known any more. */
function newMasterReason({ becameMaster }: VrrpCounters, journal: Journal | null): string | null {
  if (becameMaster === 0) return 'notMaster';
  const last = journal?.decisions.findLast(({ to }) => to === 'MASTER');
  if (last === undefined) return null;
  if (last.from !== 'BACKUP') return 'priority';
  const codes = explainCause(last, '').map(({ code }) => code);
  if (codes.includes('lower_priority')) return 'preempted';
  return codes.includes('resigned') ? 'priority' : 'masterNoResponse';
}

const PROTOCOL_ERRORS: Readonly<Partial<Record<Refusal, string>>> = {
  ttl: 'ipTtlError',
  version: 'versionError',
  checksum: 'checksumError',
  vrid: 'vrIdError',
};

function protocolError({ since, before }: Journal): string {
  const named = [...before, ...since].flatMap(({ fact }) =>
    fact.kind === 'refused' ? (PROTOCOL_ERRORS[fact.refusal] ?? []) : [],
  );
  return named.at(-1) ?? 'noError';
}

function routerErrors({ instances, unmatched }: VrrpStatus) {
  const total = (refusal: Refusal) =>
    instances.reduce((sum, { counters }) => sum + counters.refused[refusal], unmatched[refusal]);
  return { checksum: total('checksum'), version: total('version'), vrid: total('vrid') };
}

/** What a peer has otherwise than we, as of now: sentences. */
function warnings(journal: Journal | null): string[] {
  if (journal === null) return [];
  const present = ({ last }: JournalEntry) => elapsed(last.at, journal.takenAt.at) < PRESENT;
  const said = [...journal.before, ...journal.since].filter(present).flatMap(({ fact }) => {
    if (fact.kind === 'refused') {
      const isOfPeer = fact.refusal === 'version' || fact.refusal === 'interval';
      return isOfPeer ? [`${fact.source}: ${fact.refusal}: ${REFUSAL_HINTS[fact.refusal]}`] : [];
    }
    if (fact.kind !== 'heard') return [];
    const { source } = fact;
    return [
      ...(fact.addressListDiffers ? [`${source} advertises another list of addresses than ours`] : []),
      ...(fact.intervalDiffers ? [`${source} advertises every ${fact.interval / 100} s, unlike us`] : []),
    ];
  });
  return [...new Set(said)];
}
