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
  return Uint8Array.from(address.split(':').map((part) => Number.parseInt(part, 16)));
}
