import { z } from 'zod';
import { hmacKey } from './hmac.ts';
import { deviceName } from './scalars.ts';

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
