import { centisToMicros, type Micros, micros } from '../../base/units.ts';
import type { AnnouncePace, InstanceConfig, LinkDelay, VrrpConfig } from '../../model/config.ts';
import { mistake, warning } from '../diagnostic.ts';
import { printDuration } from '../duration.ts';
import type { WrittenFile } from '../schema/file.ts';
import { type Say, under } from './say.ts';

/** What holds for all instances together. */
export const composeVrrp = (
  written: WrittenFile,
  instances: readonly InstanceConfig[],
  say: Say,
): VrrpConfig => ({
  startupDelay: written.vrrp_startup_delay,
  delayAfterBoot: written.vrrp_delay_after_boot,
  announcePace: composePace(written, say),
  linkDelays: composeDelays(written, instances, under(say, 'interface_up_down_delays')),
});

function composeDelays(
  written: WrittenFile,
  instances: readonly InstanceConfig[],
  say: Say,
): readonly LinkDelay[] {
  return Object.entries(written.interface_up_down_delays).flatMap(([name, { down, up }]) => {
    const longest = longestDelay(instances.filter((instance) => instance.interface === name));
    if (Math.max(down, up) > longest) {
      const text = `a delay counts as ${printDuration(longest)} here: after that the other directors take over`;
      say([name], warning('value_replaced', text));
    }
    const delay = { interface: name, down: shorter(down, longest), up: shorter(up, longest) };
    return down === 0 && up === 0 ? [] : [delay];
  });
}

const shorter = (a: Micros, b: Micros): Micros => (a < b ? a : b);

/** As keepalived 2.2.7 has it: a backup that hears nothing must not become master before it sees its own fault. */
const longestDelay = (instances: readonly InstanceConfig[]): Micros =>
  micros(
    Math.min(
      Number.MAX_SAFE_INTEGER,
      ...instances.map(({ advertInterval, downTimerAdverts }) => {
        const interval = centisToMicros(advertInterval);
        return Math.max(0, (downTimerAdverts - 1) * interval - Math.round(interval / 256));
      }),
    ),
  );

function composePace(written: WrittenFile, say: Say): readonly AnnouncePace[] {
  const homes = new Map<string, number>();
  const groups = written.garp_groups.map(({ interfaces, garp_interval, gna_interval }, i): AnnouncePace => {
    for (const [j, name] of interfaces.entries()) {
      const before = homes.get(name);
      if (before !== undefined) {
        const where = before === i ? 'this group' : 'another group';
        say(
          ['garp_groups', i, 'interfaces', j],
          mistake('conflicting_keys', `${name} is in ${where} already`),
        );
      }
      homes.set(name, i);
    }
    return { interfaces, garp: garp_interval, na: gna_interval };
  });
  const { vrrp_garp_interval: garp, vrrp_gna_interval: na } = written;
  return garp === 0 && na === 0 ? groups : [...groups, { interfaces: null, garp, na }];
}
