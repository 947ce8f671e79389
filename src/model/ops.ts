import type { Dest, DestKey, Service, ServiceKey } from './services.ts';

/** One change to the kernel's IPVS table, as a value: planned, performed, recorded by the fake, logged. */
export type IpvsOp =
  | { readonly op: 'newService'; readonly service: Service }
  | { readonly op: 'setService'; readonly service: Service }
  | { readonly op: 'delService'; readonly key: ServiceKey }
  | { readonly op: 'newDest'; readonly of: ServiceKey; readonly dest: Dest }
  | { readonly op: 'setDest'; readonly of: ServiceKey; readonly dest: Dest }
  | { readonly op: 'delDest'; readonly of: ServiceKey; readonly key: DestKey };
