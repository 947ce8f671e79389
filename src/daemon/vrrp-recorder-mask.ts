import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, dataView } from '../base/bytes.ts';
import type { VrrpDesired } from '../ipc/messages.ts';
import type { HmacKey, InstanceConfig } from '../model/config.ts';
import type { Datagram } from '../wire/datagram.ts';
import { decodeAdvert } from '../wire/vrrp.ts';
import { decodeSignature, encodeSignature, passwordData, signedBytes } from '../wire/vrrp-auth.ts';
import { encodeChecksum } from '../wire/vrrp-checksum.ts';

const AUTH_DATA = 8;
const HEADER = 8;
const HEARTBEAT_MAC = 32;

/**
 * Takes the secrets out of what is recorded, so that it is still decided on as it was. A password becomes `masked-N`
 * and a key 32 bytes of N, the same in the configuration and in what is made with it, whose signatures are made
 * anew; what was made with none of ours becomes `unknown`, and a signature zero.
 */
export class RecorderMask {
  /** By password, what is written for it. */
  private readonly passwords = new Map<string, string>();
  private readonly keys: { readonly bytes: Uint8Array; readonly masked: Uint8Array }[] = [];

  desired(desired: VrrpDesired): VrrpDesired {
    const { heartbeat, instances } = desired;
    return {
      ...desired,
      heartbeat: heartbeat === null ? null : { ...heartbeat, key: this.secret(heartbeat.key) },
      instances: instances.map((config) => this.instance(config)),
    };
  }

  advert(datagram: Datagram): Datagram {
    const decoded = decodeAdvert(datagram);
    if (!decoded.ok) return { ...datagram, payload: withoutBody(datagram, decoded.error) };
    const { advert, pdu, trailer, checksumForm } = decoded.value;
    const bytes = pdu.slice();
    if (advert.version === 2 && advert.authData.length === AUTH_DATA) {
      bytes.set(this.authData(advert.authData), bytes.length - AUTH_DATA);
    }
    const signature = trailer === null ? null : this.trailer(datagram, pdu, bytes, trailer);
    return { ...datagram, payload: encodeChecksum(datagram, bytes, signature, checksumForm) };
  }

  /** A heartbeat: a message, then its HMAC-SHA-256. */
  heartbeat(payload: Uint8Array): Uint8Array {
    if (payload.length < HEARTBEAT_MAC) return payload;
    const message = payload.subarray(0, payload.length - HEARTBEAT_MAC);
    return concatBytes([message, this.sign(message, payload.subarray(message.length))]);
  }

  private instance(config: InstanceConfig): InstanceConfig {
    const { authentication, hmac: signing } = config;
    const keys = signing?.keys.map((key) => ({ ...key, secret: this.secret(key.secret) })) ?? [];
    return {
      ...config,
      hmac: signing === null ? null : { ...signing, keys },
      authentication:
        authentication === null
          ? null
          : { ...authentication, password: this.password(authentication.password) },
    };
  }

  private password(password: string): string {
    const masked = this.passwords.get(password) ?? `masked-${this.passwords.size + 1}`;
    this.passwords.set(password, masked);
    return masked;
  }

  private secret(secret: HmacKey['secret']): HmacKey['secret'] {
    if (secret.kind === 'file') return secret;
    const known = this.keys.find(({ bytes }) => isEqual(bytes, secret.bytes));
    if (known !== undefined) return { kind: 'bytes', bytes: known.masked };
    const masked = new Uint8Array(32).fill(this.keys.length + 1);
    this.keys.push({ bytes: secret.bytes, masked });
    return { kind: 'bytes', bytes: masked };
  }

  private authData(data: Uint8Array): Uint8Array {
    if (data.every((byte) => byte === 0)) return data;
    for (const [password, masked] of this.passwords) {
      if (isEqual(passwordData(password), data)) return passwordData(masked);
    }
    return passwordData('unknown');
  }

  private trailer(
    { source }: Datagram,
    pdu: Uint8Array,
    masked: Uint8Array,
    trailer: Uint8Array,
  ): Uint8Array {
    const signature = decodeSignature(trailer);
    if (!signature.ok) return trailer;
    const { mac } = signature.value;
    const again = this.sign(signedBytes(source, pdu, trailer), mac, signedBytes(source, masked, trailer));
    return encodeSignature({ ...signature.value, mac: again });
  }

  /** The MAC of `masked`, by the masked key of the one that `mac` was made with over `message`. */
  private sign(message: Uint8Array, mac: Uint8Array, masked = message): Uint8Array {
    const size = mac.length;
    const made = this.keys.find(({ bytes }) => isEqual(hmac(sha256, bytes, message).slice(0, size), mac));
    return made === undefined ? new Uint8Array(size) : hmac(sha256, made.masked, masked).slice(0, size);
  }
}

const isEqual = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

/** A message that could not be read, with nothing behind its header, that cannot be read for the same reason. */
function withoutBody(datagram: Datagram, error: string): Uint8Array {
  const payload = datagram.payload.slice();
  payload.fill(0, HEADER);
  const decoded = decodeAdvert({ ...datagram, payload });
  if (error === 'checksum' && decoded.ok) {
    const view = dataView(payload);
    view.setUint16(HEADER - 2, view.getUint16(HEADER - 2) ^ 1);
  }
  return payload;
}
