import { z } from 'zod';
import { objectName } from './scalars.ts';
import { serviceSchema } from './services.ts';
import { instanceSchema } from './vrrp.ts';

/** A whole configuration file: its keys, their defaults and what they mean. */
export const fileSchema = z.strictObject({
  router_id: z
    .string()
    .regex(/^\S.{0,254}$/u, 'a router_id is one line of text')
    .optional()
    .describe('Name of this node in what it reports; the host name unless given'),
  vrrp: z.record(objectName, instanceSchema).prefault({}).describe('VRRP instances by name'),
  services: z.record(objectName, serviceSchema).prefault({}).describe('Virtual services by name'),
});

/** A file after its schema: every value by itself is sound and defaults are filled in. */
export type WrittenFile = z.output<typeof fileSchema>;
