/** A way of speaking VRRP. */
export interface Speech {
  readonly name: string;
  readonly version: 2 | 3;
  /** Seconds. */
  readonly interval: number;
  /** Milliseconds between heartbeats whose silence counts; only lbd has them. */
  readonly heartbeat?: number;
}

export const SPEECHES: readonly Speech[] = [
  { name: 'v2 1 s', version: 2, interval: 1 },
  { name: 'v3 100 ms', version: 3, interval: 0.1 },
  { name: 'v3 10 ms', version: 3, interval: 0.01 },
];
/** Of lbd alone. */
export const HEARTBEAT: Speech = {
  name: 'v3 10 ms + heartbeat 1 ms',
  version: 3,
  interval: 0.01,
  heartbeat: 1,
};

export interface Instance {
  readonly vrid: number;
  readonly address: string;
  readonly speech: Speech;
  readonly priority: number;
  /** More lines of keepalived.conf. */
  readonly more?: string;
}

/** keepalived.conf with these instances, which both programs read. */
export const printConf = (instances: readonly Instance[]): string => instances.map(printInstance).join('');

const printInstance = ({
  vrid,
  address,
  speech,
  priority,
  more,
}: Instance): string => `vrrp_instance VI_${vrid} {
  state BACKUP
  interface eth0
  version ${speech.version}
  virtual_router_id ${vrid}
  priority ${priority}
  advert_int ${speech.interval}
  virtual_ipaddress {
    ${address}
  }
${more ?? ''}}
`;
