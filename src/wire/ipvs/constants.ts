/** linux/ip_vs.h */
export const IPVS_FAMILY = 'IPVS';
export const IPVS_VERSION = 1;

export const COMMAND = {
  newService: 1,
  setService: 2,
  delService: 3,
  getService: 4,
  newDest: 5,
  setDest: 6,
  delDest: 7,
  getDest: 8,
  newDaemon: 9,
  delDaemon: 10,
  getDaemon: 11,
  setConfig: 12,
  getConfig: 13,
  getInfo: 15,
} as const;

/** IPVS_CMD_ATTR_* */
export const TOP = {
  service: 1,
  dest: 2,
  daemon: 3,
  timeoutTcp: 4,
  timeoutTcpFin: 5,
  timeoutUdp: 6,
} as const;

/** IPVS_SVC_ATTR_* */
export const SERVICE = {
  family: 1,
  protocol: 2,
  address: 3,
  port: 4,
  fwmark: 5,
  scheduler: 6,
  flags: 7,
  timeout: 8,
  netmask: 9,
  stats: 10,
  engine: 11,
  stats64: 12,
} as const;

/** IP_VS_SVC_F_* that are settings. The kernel adds 0x2, hashed, to what it reports. */
export const SERVICE_FLAG = { persistent: 0x1, onePacket: 0x4 } as const;
export const SCHEDULER_FLAGS = [
  [1, 0x8],
  [2, 0x10],
  [3, 0x20],
] as const;

/** IPVS_DEST_ATTR_* */
export const DEST = {
  address: 1,
  port: 2,
  forward: 3,
  weight: 4,
  upperThreshold: 5,
  lowerThreshold: 6,
  activeConns: 7,
  inactiveConns: 8,
  persistentConns: 9,
  stats: 10,
  family: 11,
  stats64: 12,
  tunnelType: 13,
  tunnelPort: 14,
  tunnelFlags: 15,
} as const;

/** IP_VS_CONN_F_FWD_MASK and the values under it. */
export const FORWARD_MASK = 0x7;
export const FORWARDS = ['nat', 'local', 'tun', 'dr', 'bypass'] as const;

/** IP_VS_CONN_F_TUNNEL_TYPE_* and IP_VS_TUNNEL_ENCAP_FLAG_* */
export const TUNNEL_TYPES = ['ipip', 'gue', 'gre'] as const;
export const TUNNEL_CHECKSUMS = ['none', 'csum', 'remcsum'] as const;

/** IPVS_DAEMON_ATTR_* */
export const DAEMON = {
  state: 1,
  interface: 2,
  id: 3,
  maxLength: 4,
  group: 5,
  group6: 6,
  port: 7,
  ttl: 8,
} as const;

/** IP_VS_STATE_* */
export const DAEMON_STATE = { master: 1, backup: 2 } as const;

/** IPVS_STATS_ATTR_* */
export const STATS = {
  conns: 1,
  inPackets: 2,
  outPackets: 3,
  inBytes: 4,
  outBytes: 5,
  cps: 6,
  inPps: 7,
  outPps: 8,
  inBps: 9,
  outBps: 10,
} as const;

/** IPVS_INFO_ATTR_* */
export const INFO = { version: 1, connectionTableSize: 2 } as const;

/** linux/in.h and linux/socket.h */
export const PROTOCOLS = { tcp: 6, udp: 17, sctp: 132 } as const;
export const AF_INET = 2;
export const AF_INET6 = 10;
