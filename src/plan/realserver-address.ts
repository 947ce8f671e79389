import { type Ip, ipBytes, ipFamily, parseIp } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';

/** Reads a virtual address as somebody typed it. An error is a sentence, with what was probably meant. */
export function parseVirtualAddress(word: string): Result<Ip, string> {
  const address = parseIp(word);
  if (address === null) {
    const meant = repairs(word).find((repaired) => parseIp(repaired) !== null);
    return err(`"${word}" is no IP address${meant === undefined ? '' : ` — did you mean "${meant}"?`}`);
  }
  return isForOneHost(address)
    ? ok(address)
    : err(`${address} is not the address of one host that clients reach`);
}

const LOOKALIKES: Readonly<Record<string, string>> = { o: '0', O: '0', l: '1', I: '1', ',': '.' };

function repairs(word: string): readonly string[] {
  const bare = word.replace(/\/\d*$/, '').replace(/^\[(.*)\](:\d+)?$/, '$1');
  const withoutPort = bare.replace(/^([^:]*):\d+$/, '$1');
  const alike = withoutPort.replace(/[oOlI,]/g, (letter) => LOOKALIKES[letter] ?? letter);
  return [withoutPort, alike, alike.replace(/\.+/g, '.').replace(/^\.|\.$/g, '')];
}

/**
 * Neither 0.0.0.0, loopback, multicast nor broadcast (RFC 1122 §3.2.1.3), nor `::`, `::1`, fe80::/10 or ff00::/8 (RFC 4291
 * §2.4).
 */
function isForOneHost(address: Ip): boolean {
  const bytes = ipBytes(address);
  const [first = 0, second = 0] = bytes;
  if (ipFamily(address) === 'inet') return first !== 0 && first !== 127 && first < 224;
  const isLinkLocal = first === 0xfe && (second & 0xc0) === 0x80;
  return first !== 0xff && !isLinkLocal && bytes.slice(0, 15).some((byte) => byte !== 0);
}
