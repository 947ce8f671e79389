import type { XdpService, XdpTable } from '../model/xdp.ts';

/** The services that packets find: a key names one. Others are what a crash left of a change, and are none. */
export const openServices = ({ services, open }: XdpTable): readonly XdpService[] =>
  services.filter(({ slot }) => open.has(slot));
