import type { Family } from '../../base/ip.ts';
import { seconds } from '../../base/units.ts';
import { mistake, warning } from '../diagnostic.ts';
import { printDuration } from '../duration.ts';
import type { WrittenInstance } from '../schema/vrrp.ts';
import type { Say } from './say.ts';

/** Twelve bits of centiseconds (RFC 9568 §5.2.7). */
const LONGEST_V3 = seconds(40.95);

/** The version, after a look at the interval that it has to carry. */
export function versionOf(written: WrittenInstance, family: Family, say: Say): 2 | 3 {
  const usual = family === 'inet' ? 2 : 3;
  const { advert_int: interval, strict_mode: isStrict } = written;
  const version = isStrict && family === 'inet6' ? 3 : (written.version ?? usual);
  if (version === 2 && family === 'inet6') {
    say(
      ['version'],
      warning('value_unusual', 'no RFC has version 2 over IPv6: only keepalived understands it'),
    );
  }
  const shown = printDuration(interval);
  if (version === 2 && interval % seconds(1) !== 0) {
    const text = `version 2 counts whole seconds, which ${shown} is not; version 3 counts hundredths`;
    say(['advert_int'], mistake('bad_value', text));
  }
  if (version === 3 && interval > LONGEST_V3) {
    const text = `${shown} is out of range for version 3: 10ms to ${printDuration(LONGEST_V3)}`;
    say(['advert_int'], mistake('out_of_range', text));
  }
  return version;
}
