declare const mac: unique symbol;

/** A 48-bit hardware address as `aa:bb:cc:dd:ee:ff`, lower case. */
export type Mac = string & { readonly [mac]: true };

export const BROADCAST_MAC = 'ff:ff:ff:ff:ff:ff' as Mac;

/** The text of exactly 6 bytes. Throws RangeError on any other length. */
export function macFromBytes(bytes: Uint8Array): Mac {
  if (bytes.length !== 6) throw new RangeError(`a MAC address has 6 bytes, not ${bytes.length}`);
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':') as Mac;
}

export function macBytes(address: Mac): Uint8Array {
  const bytes = new Uint8Array(6);
  for (let i = 0; i < 6; i++)
    bytes[i] = (digit(address.charCodeAt(3 * i)) << 4) | digit(address.charCodeAt(3 * i + 1));
  return bytes;
}

/** Of a hexadecimal digit's code; letters come after `9`. */
const digit = (code: number): number => (code & 15) + (code > 0x39 ? 9 : 0);
