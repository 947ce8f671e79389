import { z } from 'zod';
import { virtualRoute, virtualRule } from './routes.ts';
import { virtualAddress } from './virtual-address.ts';

/** What is there from the start to the stop, whoever is master. */
export const STATIC_KEYS = {
  static_addresses: z
    .array(virtualAddress)
    .prefault([])
    .describe('Addresses that are there whoever is master, as virtual_addresses has them, with "dev"'),
  static_routes: z
    .array(virtualRoute)
    .prefault([])
    .describe('Routes that are there whoever is master, as for `ip route`'),
  static_rules: z
    .array(virtualRule)
    .prefault([])
    .describe('Routing rules that are there whoever is master, as for `ip rule`'),
};
