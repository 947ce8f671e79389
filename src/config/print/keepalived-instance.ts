import { centisToSeconds, type Micros } from '../../base/units.ts';
import type { VirtualAddress } from '../../model/addresses.ts';
import type { Authentication, InstanceConfig } from '../../model/config.ts';
import { printDuration } from '../duration.ts';
import { unless } from './common.ts';
import { addressText, INSTANCE } from './file-text.ts';
import { quote, type Statement, type Unsaid } from './keepalived-words.ts';

/** Seconds that keepalived 2.2.7 takes for garp_master_delay, which it counts in microseconds in 32 bits. */
const LONGEST_PAUSE = 4294;

/** A `vrrp_instance`; calls `leave` for what keepalived cannot say. */
export function instanceStatement(instance: InstanceConfig, leave: (unsaid: Unsaid) => void): Statement {
  const { name, garp } = instance;
  const path = ['vrrp', name];
  /** A line, unless the value is not given or has no form in a keepalived.conf. */
  const line = (keyword: string, value: string | number | undefined): readonly Statement[] => {
    if (value === undefined) return [];
    const word = quote(String(value));
    if (word !== null) return [{ text: `${keyword} ${word}` }];
    leave({ path: [...path, keyword], text: `${keyword}: keepalived cannot quote what it is set to` });
    return [];
  };
  const wholeSeconds = (
    keyword: string,
    value: Micros,
    fallback: Micros,
    longest = Number.POSITIVE_INFINITY,
  ) => {
    const seconds = Math.min(Math.ceil(value / 1_000_000), longest);
    if (seconds * 1_000_000 !== value) {
      const text = `${keyword} ${printDuration(value)}: keepalived has whole seconds, here ${seconds}`;
      leave({ path: [...path, keyword], text });
    }
    return line(keyword, value === fallback ? undefined : seconds);
  };
  const block = [
    ...line('interface', instance.interface),
    ...line('virtual_router_id', instance.vrid),
    ...line('priority', instance.priority),
    ...(instance.preempt ? [] : [{ text: 'nopreempt' }]),
    ...line('advert_int', centisToSeconds(instance.advertInterval)),
    ...line('mcast_src_ip', instance.sourceAddress ?? undefined),
    ...wholeSeconds('garp_master_delay', garp.delay, INSTANCE.garp_master_delay, LONGEST_PAUSE),
    ...line('garp_master_repeat', unless(INSTANCE.garp_master_repeat, garp.repeat)),
    ...wholeSeconds('garp_master_refresh', garp.refresh, INSTANCE.garp_master_refresh),
    ...line('garp_master_refresh_repeat', unless(INSTANCE.garp_master_refresh_repeat, garp.refreshRepeat)),
    ...authenticationBlock(instance.authentication, path, leave),
    { text: 'virtual_ipaddress', block: instance.virtualAddresses.map(addressLine(instance, leave)) },
  ];
  return { text: `vrrp_instance ${quote(name) ?? name}`, block };
}

function authenticationBlock(
  authentication: Authentication | null,
  path: Unsaid['path'],
  leave: (unsaid: Unsaid) => void,
): readonly Statement[] {
  if (authentication === null) return [];
  const password = quote(authentication.password);
  if (password === null) {
    leave({
      path: [...path, 'authentication', 'password'],
      text: 'authentication: keepalived cannot quote the password; without it the nodes do not hear each other',
    });
    return [];
  }
  const block = [{ text: 'auth_type PASS' }, { text: `auth_pass ${password}` }];
  return [{ text: 'authentication', block }];
}

const addressLine =
  (instance: InstanceConfig, leave: (unsaid: Unsaid) => void) =>
  (address: VirtualAddress, i: number): Statement => {
    const words = addressText(address, instance.interface).split(' ').map(quote);
    if (words.every((word) => word !== null)) return { text: words.join(' ') };
    const text = `${address.address}: keepalived cannot quote its interface or label`;
    leave({ path: ['vrrp', instance.name, 'virtual_addresses', i], text });
    return { text: `${address.address}/${address.prefix}` };
  };
