import type { StaticsConfig } from '../../model/config.ts';
import { mistake } from '../diagnostic.ts';
import type { NumberRules } from '../routes/number-rules.ts';
import type { WrittenFile } from '../schema/file.ts';
import { virtualAddressOf } from './instance.ts';
import type { Say } from './say.ts';

/** What is there whoever is master. */
export function composeStatics(written: WrittenFile, number: NumberRules, say: Say): StaticsConfig {
  const known = new Map<string, number>();
  const addresses = written.static_addresses.map((address, i) => {
    const { dev, address: subnet } = address;
    if (dev === undefined) {
      const text = `${subnet.address} needs the interface that it is on: "dev"`;
      say(['static_addresses', i], mistake('missing_key', text));
    }
    const key = `${subnet.address}/${subnet.prefix} ${dev}`;
    if (known.has(key)) {
      say(['static_addresses', i], mistake('duplicate_address', `${key} is here already`));
    }
    known.set(key, i);
    return virtualAddressOf(address, dev ?? '');
  });
  return { addresses, routes: written.static_routes, rules: number(written.static_rules) };
}
