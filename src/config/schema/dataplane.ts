import { z } from 'zod';
import { hmacKey } from './hmac.ts';
import { deviceName, hostAddress, wholeNumber } from './scalars.ts';

const syncSchema = z.strictObject({
  local: hostAddress.describe('Own address, which the other directors know this one by'),
  peers: z.array(hostAddress).min(1).max(16).describe('Addresses of the other directors'),
  port: wholeNumber(1, 65_535).prefault(7113).describe('UDP port at all ends'),
});

const xdpSchema = z.strictObject({
  interfaces: z
    .array(deviceName)
    .min(1)
    .optional()
    .describe('Where packets of clients arrive; the interfaces of the VRRP instances unless given'),
  key: hmacKey
    .optional()
    .describe(
      'Directors with the same key choose the same servers: 32 to 64 characters, hex: and digits, or file: and a path; one that all have unless given',
    ),
  sync: syncSchema
    .optional()
    .describe(
      'Connections outlive a failover also where their server cannot be found out: directors tell each other; needs key',
    ),
});
export type WrittenXdp = z.output<typeof xdpSchema>;

/** What forwards packets to the real servers. */
export const DATAPLANE_KEYS = {
  dataplane: z
    .enum(['ipvs', 'xdp', 'auto'])
    .prefault('ipvs')
    .describe(
      "What forwards packets: the kernel's ipvs, lbd's own xdp, or auto: ipvs where the kernel has it, else xdp",
    ),
  xdp: xdpSchema.prefault({}).describe('The XDP data plane'),
};
