import { dataView } from '../base/bytes.ts';
import type { VrrpDesired } from '../ipc/messages.ts';
import type { InstanceConfig } from '../model/config.ts';
import type { Datagram } from '../wire/datagram.ts';
import { decodeAdvert } from '../wire/vrrp.ts';
import { passwordData } from '../wire/vrrp-auth.ts';
import { encodeChecksum } from '../wire/vrrp-checksum.ts';

const AUTH_DATA = 8;
const HEADER = 8;

/**
 * Takes the secrets out of what is recorded, so that it is still decided on as it was: a password becomes `masked-N`,
 * the same in the configuration and in adverts; one that no instance has becomes `unknown`. Signatures and their keys
 * are left out.
 */
export class RecorderMask {
  /** By password, what is written for it. */
  private readonly known = new Map<string, string>();

  desired(desired: VrrpDesired): VrrpDesired {
    return { ...desired, instances: desired.instances.map((config) => this.instance(config)) };
  }

  datagram(datagram: Datagram): Datagram {
    const decoded = decodeAdvert(datagram);
    if (!decoded.ok) return { ...datagram, payload: withoutBody(datagram, decoded.error) };
    const { advert, pdu, checksumForm } = decoded.value;
    const bytes = pdu.slice();
    if (advert.version === 2 && advert.authData.length === AUTH_DATA) {
      bytes.set(this.authData(advert.authData), bytes.length - AUTH_DATA);
    }
    return { ...datagram, payload: encodeChecksum(datagram, bytes, null, checksumForm) };
  }

  private instance(config: InstanceConfig): InstanceConfig {
    const { authentication } = config;
    if (authentication === null) return { ...config, hmac: null };
    const password = this.known.get(authentication.password) ?? `masked-${this.known.size + 1}`;
    this.known.set(authentication.password, password);
    return { ...config, hmac: null, authentication: { ...authentication, password } };
  }

  private authData(data: Uint8Array): Uint8Array {
    if (data.every((byte) => byte === 0)) return data;
    for (const [password, masked] of this.known) {
      if (passwordData(password).every((byte, i) => byte === data[i])) return passwordData(masked);
    }
    return passwordData('unknown');
  }
}

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
